import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { buildOptimizer, checkGroups, noDecayForVectors, settingsOf, updateParameters } from "./index.js";

const names = ["encoder.conv1.weight", "encoder.bn1.weight", "decoder.conv.weight", "decoder.conv.bias"];
const shapes = [[2, 2], [2], [2, 2], [2]];

/** One SGD step of four parameters full of ones with gradients full of `slope`; the first element of each new parameter. */
async function step(options: Partial<Parameters<typeof updateParameters>[2]> = {}, slope = 1) {
  const graph = new Graph();
  const trained = names.map((name, i) => ({
    name,
    parameter: graph.parameter(name, shapes[i]!),
    gradient: name === "decoder.conv.bias" ? null : graph.input(`d ${name}`, "float32", shapes[i]!),
  }));
  const { updates, gradientNorm } = updateParameters(graph, trained, {
    optimizer: buildOptimizer({ name: "sgd", momentum: 0.9, weightDecay: 0.5 }),
    learningRate: graph.input("rate", "float32", []),
    step: graph.input("step", "float32", []),
    ...options,
  });
  for (const { name, next } of updates) graph.output(`next ${name}`, next);
  if (gradientNorm) graph.output("norm", gradientNorm);
  const full = (value: number, shape: number[]) =>
    float32(new Float32Array(shape.reduce((p, d) => p * d, 1)).fill(value), shape);
  const results = await evaluate(graph, {
    ...Object.fromEntries(
      names.flatMap((name, i) => [
        [name, full(1, shapes[i]!)],
        [`d ${name}`, full(slope, shapes[i]!)],
      ]),
    ),
    ...Object.fromEntries(names.map((name, i) => [`optimizer.momentum.${name}`, full(0, shapes[i]!)])),
    rate: float32([0.1], []),
    step: float32([1], []),
  });
  return {
    next: Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name.replace("next ", ""), (tensor.data as Float32Array)[0]!]),
    ),
    buffers: updates.flatMap(({ slots }) => slots.map(({ buffer }) => buffer)),
  };
}

describe("updateParameters", () => {
  it("updates every parameter that has a gradient, with a momentum buffer for each", async () => {
    const { next, buffers } = await step();
    // 1 - 0.1 * (1 + 0.5 * 1)
    expect(Object.keys(next)).toEqual(names.slice(0, 3));
    expect(Object.values(next)).toBeAllclose([0.85, 0.85, 0.85]);
    expect(buffers).toEqual(names.slice(0, 3).map((name) => `optimizer.momentum.${name}`));
  });

  it("follows groups: no decay for vectors, a slower encoder, a frozen layer", async () => {
    const groups = [
      noDecayForVectors,
      { match: "encoder.*", learningRateScale: 0.1 },
      { match: /conv1/, frozen: true },
    ];
    const { next } = await step({ groups });
    expect(next["encoder.conv1.weight"]).toBeUndefined();
    expect(next["encoder.bn1.weight"]).toBeCloseTo(1 - 0.1 * 0.1 * 1, 6);
    expect(next["decoder.conv.weight"]).toBeCloseTo(0.85, 6);
  });

  it("clips by value first and then by the norm of all gradients together", async () => {
    // 3 gradients of 4, 2 and 4 elements, clipped from -5 to -0.5: norm sqrt(10) / 2, scaled to 0.1.
    const { next } = await step({ clipping: { value: 0.5, norm: 0.1 } }, -5);
    const norm = Math.sqrt(10) / 2;
    expect(next.norm).toBeCloseTo(norm, 5);
    expect(next["decoder.conv.weight"]).toBeCloseTo(1 - 0.1 * ((-0.5 * 0.1) / norm + 0.5), 6);
  });

  it("leaves gradients alone whose norm is within the limit", async () => {
    expect((await step({ clipping: { norm: 100 } })).next["decoder.conv.weight"]).toBeCloseTo(0.85, 6);
  });
});

describe("parameter groups", () => {
  it("override each other field by field, the last one winning", () => {
    const groups = [
      { weightDecay: 0.1, learningRateScale: 2 },
      { match: "*.bias", weightDecay: 0 },
    ];
    expect(settingsOf("a.bias", [3], groups)).toEqual({ learningRateScale: 2, weightDecay: 0, frozen: false });
    expect(settingsOf("a.bias2", [3], groups)).toEqual({ learningRateScale: 2, weightDecay: 0.1, frozen: false });
  });

  it("take a dot in a text as a dot", () => {
    expect(settingsOf("aXbias", [3], [{ match: "a.bias", frozen: true }]).frozen).toBe(false);
  });

  it("that match nothing are refused with names to choose from", () => {
    const parameters = names.map((name, i) => ({ name, shape: shapes[i]! }));
    expect(() => checkGroups([{ match: "encodr.*" }], parameters)).toThrow(
      /group encodr\.\* matches none.*encoder\.conv1\.weight/,
    );
    expect(() => checkGroups([{ match: "encoder.*" }, { dimensions: 1 }], parameters)).not.toThrow();
  });
});
