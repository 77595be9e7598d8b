import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shared } from "../../test/evaluate.js";
import { Graph, symbol } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import type { EncoderOptions } from "./encoder.js";
import { encoders, findEncoder } from "./registry.js";

function build(name: string, size: readonly [number, number], options: EncoderOptions = {}, channels = 3) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, channels, ...size]);
  return { state, graph, features: findEncoder(name).build(new Scope(state), image, options) };
}

describe.each(encoders.map((encoder) => encoder.name))("encoder %s", (name) => {
  it("gives features at strides 1 to 32 with the channels it declares", () => {
    const { features } = build(name, [64, 96], {}, 4);
    const channels = [4, ...findEncoder(name).channels];
    expect(features.map(({ shape }) => shape)).toEqual(channels.map((c, i) => [1, c, 64 / 2 ** i, 96 / 2 ** i]));
  });

  it("stops at the depth asked for", () => {
    const { features, state } = build(name, [64, 64], { depth: 3 });
    expect(features.length).toBe(4);
    expect(state.specs.size).toBeLessThan(build(name, [64, 64]).state.specs.size);
  });

  it.each([8, 16] as const)("keeps stride %i with the same parameters", (outputStride) => {
    const { features, state } = build(name, [64, 64], { outputStride });
    expect(features.at(-1)!.shape.slice(2)).toEqual([64 / outputStride, 64 / outputStride]);
    expect([...state.specs.keys()]).toEqual([...build(name, [64, 64]).state.specs.keys()]);
  });

  it("works with symbolic sizes", () => {
    const graph = new Graph();
    const image = graph.input("image", "float32", [symbol("batch"), 3, symbol("height"), symbol("width")]);
    const features = findEncoder(name).build(new Scope(new NetworkState(graph, "eval")), image);
    expect(features.length).toBe(6);
  });
});

describe("ResNet", () => {
  const fixtures = ["resnet18", "resnet50", "resnet101"].map((name) => ({
    name,
    ...shared(`parity/torchvision/${name}.json`),
  }));

  it.skipIf(!fixtures[0]!.present).each(fixtures)(
    "$name has torchvision's names and shapes, without fc",
    ({ name, path }) => {
      const { params } = JSON.parse(readFileSync(path, "utf8")) as { params: { name: string; shape: number[] }[] };
      const expected = params.filter((p) => !p.name.startsWith("fc.")).map((p) => [p.name, p.shape]);
      const found = Array.from(build(name, [64, 64]).state.specs.values(), (spec) => [spec.name, spec.shape]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    },
  );

  it("dilates a stage's first block like its others, or like the stage before", () => {
    const dilations = (options: EncoderOptions): number[][] =>
      build("resnet18", [64, 64], options)
        .graph.nodes.filter(({ op, scope }) => op === "Conv" && /layer[34]\.\d\.conv/.test(scope))
        .map(({ attributes }) => [(attributes.dilations as number[])[0]!, (attributes.strides as number[])[0]!]);
    const pairs = (...values: number[]): number[][] => values.map((d) => [d, 1]);
    expect(dilations({ outputStride: 8 })).toEqual(pairs(2, 2, 2, 2, 4, 4, 4, 4));
    expect(dilations({ outputStride: 8, firstDilation: "previous" })).toEqual(pairs(1, 1, 2, 2, 2, 2, 4, 4));
  });
});

it("an unknown encoder is refused with the nearest names", () => {
  expect(() => findEncoder("resnet43")).toThrow(/no encoder is named resnet43.*Did you mean resnet34/);
});
