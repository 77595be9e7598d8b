/** @file What is frozen: which tensors, and that the graph of a step has nothing that would move them. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { buildLoss } from "../losses/index.js";
import { chooseNetwork } from "../models/registry.js";
import { buildOptimizer } from "../optim/index.js";
import { compileAccumulatedStep, compileStep } from "./compile.js";
import { networkTensors } from "./encoder-tensors.js";
import { frozenPart } from "./frozen.js";
import type { CompiledStep, NetworkSpec } from "./step.js";

const size = [32, 32] as const;

function network(name: string, options: { [option: string]: unknown } = {}): NetworkSpec {
  return { ...chooseNetwork(name, options), numClasses: 3, channels: 3 };
}

const overResnet = network("unet-encoder", { encoder: "resnet18", decoderChannels: [8, 8, 4, 4, 4] });

type Freeze = Parameters<typeof frozenPart>[2];

const modules = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => name.split(".").slice(0, 2).join("."))),
];

/** First two parts of the names that are frozen. */
function frozenModules(spec: NetworkSpec, freeze: string, frozenNorm: Freeze["frozenNorm"] = "frozen"): string[] {
  const { parameter } = frozenPart(spec, size, { freeze, frozenNorm });
  return modules(networkTensors(spec, size).flatMap(({ name }) => (parameter(name) ? [name] : [])));
}

describe("frozenPart", () => {
  it("of stages is what their feature maps need", () => {
    expect(frozenModules(overResnet, "none")).toEqual([]);
    expect(frozenModules(overResnet, "stages:1")).toEqual(["encoder.conv1", "encoder.bn1"]);
    expect(frozenModules(overResnet, "stages:3")).toEqual([
      "encoder.conv1",
      "encoder.bn1",
      "encoder.layer1",
      "encoder.layer2",
    ]);
    expect(frozenModules(overResnet, "encoder")).toEqual(frozenModules(overResnet, "stages:5"));
  });

  it("finds the encoder under the name that the network gives it", () => {
    const fcn = network("fcn-resnet", { encoder: "resnet50" });
    expect(frozenModules(fcn, "stages:2")).toEqual(["backbone.conv1", "backbone.bn1", "backbone.layer1"]);
    expect(modules(frozenModules(network("unet", { width: 2, depth: 2 }), "encoder"))).toEqual([
      "encoder.0",
      "encoder.1",
    ]);
  });

  it.each([
    ["a network without an encoder", network("enet"), "encoder", /which has none by name/],
    ["stages of an encoder that is not of the registry", network("unet", { width: 2 }), "stages:1", /none by name/],
    ["more stages than there are", overResnet, "stages:6", /expected stages:1 to stages:5/],
  ] as const)("is refused for %s", (_, spec, freeze, message) => {
    const freezing = (): unknown => frozenPart(spec, size, { freeze, frozenNorm: "frozen" });
    expect(freezing).toThrow(UsageError);
    expect(freezing).toThrow(message);
  });

  it("keeps the statistics of norms that are not trained, of the encoder's, of all or of none", () => {
    const paths = ["encoder.bn1", "encoder.layer4.0.bn1", "decoder.blocks.0.conv1.1"];
    const kept = (frozenNorm: Freeze["frozenNorm"]): string[] =>
      paths.filter(frozenPart(overResnet, size, { freeze: "stages:2", frozenNorm }).norm);
    expect(kept("frozen")).toEqual(paths.slice(0, 1));
    expect(kept("encoder")).toEqual(paths.slice(0, 2));
    expect(kept("all")).toEqual(paths);
    expect(kept("none")).toEqual([]);
  });
});

describe("a step of a network with a frozen part", () => {
  const spec = (freeze: string, frozenNorm: Freeze["frozenNorm"] = "frozen") => {
    const { parameter, norm } = frozenPart(overResnet, size, { freeze, frozenNorm });
    return {
      network: { ...overResnet, stateOptions: { frozenNorm: norm } },
      batch: 2,
      height: size[0],
      width: size[1],
      loss: buildLoss([{ name: "crossEntropy" }], "multiclass"),
      update: {
        optimizer: buildOptimizer({ name: "sgd", momentum: 0.9 }),
        groups: [{ match: parameter, frozen: true }],
      },
      ema: 0.9,
      target: "cpu" as const,
      channelBlock: 8,
    };
  };
  const written = ({ writes }: CompiledStep): string[] => Object.values(writes);
  const ofEncoder = (names: readonly string[]): string[] => names.filter((name) => name.includes("encoder."));

  it("writes nothing of it: no parameter, statistic, momentum or average", () => {
    const step = compileStep(spec("encoder"));
    expect(ofEncoder(written(step))).toEqual([]);
    expect(written(step)).toContain("decoder.blocks.0.conv1.0.weight");
    expect(step.residents.filter(({ kind }) => kind === "slot").some(({ name }) => name.includes("encoder."))).toBe(
      false,
    );
    const { accumulate, apply } = compileAccumulatedStep(spec("encoder"), 2);
    expect([...ofEncoder(written(accumulate)), ...ofEncoder(written(apply))]).toEqual([]);
  });

  it("has no nodes of the backward pass for it", () => {
    const [whole, none] = ["none", "encoder"].map((freeze) => compileStep(spec(freeze)));
    // Of forward, gradient of inputs and gradient of kernels the encoder keeps the first alone.
    expect(none!.nodes).toBeLessThan(0.5 * whole!.nodes);
    expect(none!.flops).toBeLessThan(0.7 * whole!.flops);
  });

  it("with statistics of the batch moves only them", () => {
    const moved = ofEncoder(written(compileStep(spec("encoder", "none")))).filter((name) => !name.startsWith("ema."));
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.filter((name) => !/\.running_(mean|var)$/.test(name))).toEqual([]);
  });
});
