import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { Fold, Graph, symbol, Unfold } from "../index.js";

const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("Unfold", () => {
  it("puts every patch in a column, rows of taps, in a graph of free size", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, symbol("height"), symbol("width")]);
    graph.output("y", Unfold(x, { kernel: [2, 2] }));
    const { y } = await evaluate(graph, { x: float32(counting(9), [1, 1, 3, 3]) });
    expect(y!.shape).toEqual([1, 4, 4]);
    expect(Array.from(y!.data as Float32Array)).toEqual([1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9]);
  });

  it("has the gradient of central differences with stride, dilation, pads and unread columns", () =>
    checkGradients({
      inputs: { x: [2, 2, 5, 6] },
      build: ({ x }) => Unfold(x!, { kernel: [2, 3], strides: [2, 2], dilations: [2, 1], pads: [1, 0, 0, 1] }),
    }));
});

describe("Fold", () => {
  it("adds patches where they overlap: ones unfolded and folded count the patches over each place", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, 3, 4]);
    graph.output("y", Fold(Unfold(x, { kernel: [2, 2] }), [3, 4], { kernel: [2, 2] }));
    const { y } = await evaluate(graph, { x: float32(new Float32Array(12).fill(1), [1, 1, 3, 4]) });
    expect(Array.from(y!.data as Float32Array)).toEqual([1, 2, 2, 1, 2, 4, 4, 2, 1, 2, 2, 1]);
  });

  it("leaves zeros where the strides reached no further", async () => {
    const graph = new Graph();
    const columns = graph.input("x", "float32", [1, 1, 4]);
    graph.output("y", Fold(columns, [4, 3], { kernel: [1, 1], strides: [2, 2] }));
    const { y } = await evaluate(graph, { x: float32(counting(4), [1, 1, 4]) });
    expect(Array.from(y!.data as Float32Array)).toEqual([1, 0, 2, 0, 0, 0, 3, 0, 4, 0, 0, 0]);
  });

  it("has the gradient of central differences", () =>
    checkGradients({
      inputs: { x: [1, 12, 9] },
      build: ({ x }) => Fold(x!, [6, 5], { kernel: [3, 2], strides: [2, 2], pads: [1, 0, 0, 1] }),
    }));

  it("refuses columns that are no whole number of patches high", () => {
    const graph = new Graph();
    const columns = graph.input("x", "float32", [1, 7, 4]);
    expect(() => Fold(columns, [3, 3], { kernel: [2, 2] })).toThrow(/multiple of 4 rows/);
  });
});
