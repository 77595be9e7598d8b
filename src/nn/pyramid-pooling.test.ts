import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../test/evaluate.js";
import { Graph, symbol } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { equalWindowMeans } from "./pyramid-pooling.js";

/** Means of equal windows of the numbers 0, 1, 2, ... in rows of `width`. */
async function means(height: number, width: number, bins: number, symbolic: boolean) {
  const graph = new Graph();
  const size = symbolic ? [symbol("height"), symbol("width")] : [height, width];
  const x = graph.input("x", "float32", [1, 1, ...size]);
  graph.output("y", equalWindowMeans(x, bins));
  const numbers = Float32Array.from({ length: height * width }, (_, i) => i);
  const { y } = await evaluate(graph, { x: float32(numbers, [1, 1, height, width]) });
  return { shape: y!.shape, values: Array.from(y!.data as Float32Array) };
}

describe.each([false, true])("means of equal windows, with symbolic sizes: %s", (symbolic) => {
  it("cover the map where the windows divide it", async () => {
    // Windows of 1 x 2 in rows 0..3 and 4..7, of which there are two a row.
    expect(await means(2, 4, 2, symbolic)).toEqual({ shape: [1, 1, 2, 2], values: [0.5, 2.5, 4.5, 6.5] });
  });

  it("are more than asked for where rounding down leaves room, and leave the rest out", async () => {
    // Sides floor(5/3) = 1 and floor(7/3) = 2: five rows of three windows; the seventh column is in none.
    const { shape, values } = await means(5, 7, 3, symbolic);
    expect(shape).toEqual([1, 1, 5, 3]);
    expect(values.slice(0, 6)).toEqual([0.5, 2.5, 4.5, 7.5, 9.5, 11.5]);
  });

  it("are the elements themselves in maps smaller than the number of windows", async () => {
    expect(await means(2, 3, 6, symbolic)).toEqual({ shape: [1, 1, 2, 3], values: [0, 1, 2, 3, 4, 5] });
  });
});

it("means of equal windows have exact gradients", () =>
  checkGradients({ inputs: { x: [2, 2, 5, 7] }, build: ({ x }) => equalWindowMeans(x!, 3) }));
