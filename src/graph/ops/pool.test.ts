import { describe, expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import {
  AdaptiveAveragePool,
  AdaptiveMaxPool,
  AveragePool,
  type Dim,
  GlobalAveragePool,
  Graph,
  MaxPool,
  MaxUnpool,
  symbol,
  type Value,
} from "../index.js";

const shape = [1, 2, 7, 9];
const map = float32(
  Float32Array.from({ length: 126 }, (_, i) => Math.sin(i * 1.7)),
  shape,
);

async function result(sizes: [Dim, Dim], build: (x: Value) => Value, target: "cpu" | "portable" | "reference") {
  const graph = new Graph();
  graph.output("y", build(graph.input("x", "float32", [1, 2, ...sizes])));
  return (await evaluate(graph, { x: map }, target)).y!;
}

const pools: { [name: string]: (x: Value) => Value } = {
  "MaxPool 2x2": (x) => MaxPool(x, [2, 2]),
  "MaxPool 3x3, stride 2, padding 1, rounded up": (x) =>
    MaxPool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], ceilMode: true }),
  "MaxPool with dilation": (x) => MaxPool(x, [2, 3], { strides: [1, 2], dilations: [2, 1] }),
  "MaxPool dilated by more than its kernel, with padding": (x) =>
    MaxPool(x, [3, 3], { strides: [1, 1], pads: [4, 4, 4, 4], dilations: [4, 4] }),
  "MaxUnpool 2x2": (x) => MaxUnpool(x, MaxPool(x, [2, 2]), [2, 2]),
  "MaxUnpool 3x3, stride 2, padding 1": (x) => {
    const options = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
    return MaxUnpool(x, MaxPool(x, [3, 3], options), [3, 3], options);
  },
  "AveragePool 2x2": (x) => AveragePool(x, [2, 2]),
  "AveragePool 3x3, padding left out": (x) =>
    AveragePool(x, [3, 3], { strides: [1, 1], pads: [1, 1, 1, 1], countIncludePad: false }),
  "AveragePool rounded up": (x) => AveragePool(x, [2, 2], { ceilMode: true }),
  "AveragePool with a divisor": (x) => AveragePool(x, [3, 2], { strides: [2, 1], divisor: 5 }),
  "AdaptiveAveragePool to 3x4": (x) => AdaptiveAveragePool(x, [3, 4]),
  "AdaptiveMaxPool to 3x4": (x) => AdaptiveMaxPool(x, [3, 4]),
  "AdaptiveMaxPool to more windows than rows": (x) => AdaptiveMaxPool(x, [8, 10]),
  GlobalAveragePool: (x) => GlobalAveragePool(x),
};

describe.each(["cpu", "portable"] as const)("on target %s", (target) => {
  it.each(Object.entries(pools))("%s: a map of unknown size gives what a known size gives", async (_, build) => {
    const expected = await result([7, 9], build, "reference");
    const actual = await result([symbol("height"), symbol("width")], build, target);
    expect(actual.shape).toEqual(expected.shape);
    expect(actual.data as Float32Array).toBeAllclose(expected.data as Float32Array, { rtol: 1e-6, atol: 1e-6 });
  });
});

it("AveragePool gives the same by matrices and, on large maps, by sums", async () => {
  const long = float32(
    Float32Array.from({ length: 400 }, (_, i) => i % 7),
    [1, 1, 1, 400],
  );
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 1, 400]);
  graph.output("y", AveragePool(x, [1, 3], { strides: [1, 1], pads: [0, 1, 0, 1], countIncludePad: false }));
  const { y } = await evaluate(graph, { x: long });
  const at = (i: number) => (long.data as Float32Array)[i]!;
  const expected = Array.from({ length: 400 }, (_, i) => {
    const seen = [i - 1, i, i + 1].filter((p) => p >= 0 && p < 400);
    return seen.reduce((sum, p) => sum + at(p), 0) / seen.length;
  });
  expect(y!.data as Float32Array).toBeAllclose(expected);
});

it("MaxPool refuses a map smaller than its window and names the layer", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 3, 2, 8]);
  expect(() => graph.inScope("encoder.pool", () => MaxPool(x, [3, 3]))).toThrow(
    "encoder.pool: MaxPool(float32[1,3,2,8]) has a map of [2,8] under a window of [3,3]",
  );
});

it.each(["cpu", "portable"] as const)(
  "on target %s a dilated MaxPool's padding may be as wide as its kernel",
  async (target) => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, 1, 6]);
    graph.output("y", MaxPool(x, [1, 3], { strides: [1, 1], pads: [0, 4, 0, 4], dilations: [1, 4] }));
    const row = float32(Float32Array.of(1, 5, -2, -4, 3, -6), [1, 1, 1, 6]);
    // Place i sees i - 4, i and i + 4 as far as they exist.
    expect((await evaluate(graph, { x: row }, target)).y!.data).toEqual(Float32Array.of(3, 5, -2, -4, 3, 5));
  },
);
