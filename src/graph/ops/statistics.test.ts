import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { Graph, LogSumExp, MultiHeadSelfAttention, StandardDeviation, symbol, type Value, Variance } from "../index.js";

async function numbers(x: number[], build: (x: Value) => Value): Promise<number[]> {
  const graph = new Graph();
  const input = graph.input("x", "float32", [x.length]);
  graph.output("y", build(input));
  return Array.from((await evaluate(graph, { x: float32(x, [x.length]) })).y!.data as Float32Array);
}

describe("Variance", () => {
  it("of 1, 2, 3, 6 is 3.5, or 14/3 unbiased", async () => {
    expect(await numbers([1, 2, 3, 6], (x) => Variance(x))).toEqual([3.5]);
    expect(await numbers([1, 2, 3, 6], (x) => Variance(x, { unbiased: true }))).toBeAllclose([14 / 3]);
  });

  it("keeps its digits beside a mean of ten thousand", async () => {
    expect(await numbers([10001, 10002, 10003, 10006], (x) => Variance(x))).toEqual([3.5]);
  });

  it("and its root have the gradients of central differences", () =>
    checkGradients({
      inputs: { x: [2, 3, 4] },
      build: ({ x }) => StandardDeviation(x!, { axes: [0, 2], unbiased: true }),
    }));
});

describe("LogSumExp", () => {
  it("of two numbers of 1000 is 1000 + log 2", async () => {
    expect(await numbers([1000, 1000], (x) => LogSumExp(x))).toBeAllclose([1000 + Math.log(2)], { rtol: 1e-7 });
  });

  it("has the gradient of central differences", () =>
    checkGradients({ inputs: { x: [2, 3, 2] }, build: ({ x }) => LogSumExp(x!, { axes: [1] }) }));
});

describe("MultiHeadSelfAttention", () => {
  it("has the gradients of central differences", () =>
    checkGradients({
      inputs: { x: [2, 3, 4], inWeight: [12, 4], inBias: [12], outWeight: [4, 4], outBias: [4] },
      build: ({ x, inWeight, inBias, outWeight, outBias }) =>
        MultiHeadSelfAttention(x!, 2, { inWeight: inWeight!, inBias, outWeight: outWeight!, outBias }),
    }));

  it("averages the values when all queries are zero, in a graph of free length", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, symbol("length"), 2]);
    // Queries and keys from zero rows, values from the identity: every token becomes the mean of all.
    const inWeight = graph.constant(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1), [6, 2]);
    const outWeight = graph.constant(Float32Array.of(1, 0, 0, 1), [2, 2]);
    graph.output("y", MultiHeadSelfAttention(x, 1, { inWeight, outWeight }));
    const { y } = await evaluate(graph, { x: float32([1, 10, 2, 20, 6, 60], [1, 3, 2]) });
    expect(Array.from(y!.data as Float32Array)).toBeAllclose([3, 30, 3, 30, 3, 30], { rtol: 1e-6 });
  });

  it("refuses heads that do not divide the channels", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 3, 4]);
    expect(() => MultiHeadSelfAttention(x, 3, { inWeight: x, outWeight: x })).toThrow(/divides 4 channels/);
  });
});
