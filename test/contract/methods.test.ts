/** @file Methods for unlabelled images with every network: the step is written, every trained parameter gets a gradient, or it says why it cannot. */
import { expect, it } from "vitest";
import { UsageError } from "../../src/errors/index.js";
import { buildLoss } from "../../src/losses/index.js";
import { architectures } from "../../src/models/registry.js";
import { buildOptimizer } from "../../src/optim/index.js";
import { chooseMethod } from "../../src/semi/methods/registry.js";
import { compileStep } from "../../src/train/compile.js";
import type { CompiledStep } from "../../src/train/step.js";
import { legalSides, smallNetwork } from "./network.js";

/** Networks that look at some pixels of an image only while they are trained: there is no map to compare. */
const ofSinglePixels = ["pixelnet", "patch-cnn"];

const names = architectures.map(({ name }) => name);

function compile(name: string, method: string, options: { readonly [name: string]: unknown } = {}): CompiledStep {
  const network = smallNetwork(name);
  const [height, width] = legalSides(network, [64, 96], [32, 48]);
  const choice = chooseMethod(method, options);
  const ema = choice.method.ema?.(choice.options);
  return compileStep({
    network: { ...network, numClasses: 3, channels: 3 },
    batch: 2,
    height: height!.input,
    width: width!.input,
    loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
    update: { optimizer: buildOptimizer({ name: "sgd", momentum: 0.9 }) },
    ...(ema === undefined ? {} : { ema }),
    method: { ...choice, unlabelledBatch: 2, learningRate: 1e-3, ignoreIndex: 255, classWeights: null },
    target: "cpu",
    channelBlock: 8,
  });
}

const count = ({ residents }: CompiledStep, kind: string): number =>
  residents.filter((one) => one.kind === kind).length;

it.each(names)("%s learns by FixMatch from its moving average: one tensor of it for each of the network's", (name) => {
  const step = (): CompiledStep => compile(name, "fixmatch", { labeller: "teacher" });
  if (ofSinglePixels.includes(name)) return expect(step).toThrow(/some pixels of an image/);
  const compiled = step();
  const own = compiled.residents.filter(({ kind }) => kind === "parameter" || kind === "buffer");
  const averages = new Set(compiled.residents.filter(({ kind }) => kind === "average").map((one) => one.name));
  // Auxiliary heads are not there in eval mode, but their weights are averaged like all that is trained.
  expect(own.filter(({ kind, name: tensor }) => kind === "parameter" && !averages.has(`ema.${tensor}`))).toEqual([]);
  expect(count(compiled, "slot")).toBe(count(compiled, "parameter"));
});

it.each(names)("%s learns by UniMatch, or its encoder cannot be told from its decoder", (name) => {
  const step = (): CompiledStep => compile(name, "unimatch");
  let compiled: CompiledStep;
  try {
    compiled = step();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/some pixels of an image|encoder cannot be told from its decoder/);
    if (!ofSinglePixels.includes(name))
      expect(count(compile(name, "unimatch", { featureDropout: 0 }), "slot")).toBeGreaterThan(0);
    return;
  }
  expect(compiled.usesSeed).toBe(true);
  expect(compiled.inputs).toEqual(expect.arrayContaining(["unlabelled strong 0", "unlabelled strong 1"]));
});

it.each(ofSinglePixels)(
  "%s, which is trained on some pixels of an image, is refused by adversarial training",
  (name) => {
    for (const method of ["adversarial", "adversarial-labelled"])
      expect(() => compile(name, method, { width: 2 })).toThrow(/some pixels of an image.*another --model/);
  },
);

it("only a method that ramps up asks where in the run it is", () => {
  for (const method of ["fixmatch", "cps", "mean-teacher"]) {
    expect(compile("unet", method, { rampUp: 0 }).inputs).not.toContain("fraction");
    expect(compile("unet", method, { rampUp: 0.3 }).inputs).toContain("fraction");
  }
});

it("UniMatch drops features of every network over an encoder of the registry's table", () => {
  const over = [
    "unet-encoder",
    "fpn",
    "pspnet",
    "deeplabv3",
    "deeplabv3plus",
    "deeplabv3plus-unimatch",
    "linknet",
    "segformer",
  ];
  for (const name of over) expect(() => compile(name, "unimatch"), name).not.toThrow();
});
