import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { Graph, RoiAlign, type RoiAlignOptions, RoiPool } from "../index.js";

const boxes = [1, 1.3, 2.2, 17.9, 14.1, 0, -3, 4, 30, 9.5, 1, 8, 8, 8.5, 8.4];
const boxesOf = (graph: Graph) => graph.constant(Float64Array.from(boxes), [3, 5]);

describe("gradients with respect to the map equal central differences in float64", () => {
  const aligned: { [name: string]: RoiAlignOptions } = {
    "RoiAlign with 2 samples": { size: [2, 3], spatialScale: 0.25, samplingRatio: 2 },
    "RoiAlign with a sample for each element, aligned": { size: [2, 2], spatialScale: 0.25, aligned: true },
  };
  for (const [name, options] of Object.entries(aligned))
    it(name, () =>
      checkGradients({ inputs: { x: [2, 1, 4, 5] }, build: ({ x }) => RoiAlign(x!, boxesOf(x!.graph), options) }),
    );

  it("RoiPool", () =>
    checkGradients({
      inputs: { x: [2, 1, 4, 5] },
      build: ({ x }) => RoiPool(x!, boxesOf(x!.graph), { size: [2, 3], spatialScale: 0.25 }),
    }));
});

it("RoiAlign of one image, shared by all boxes, equals the same image in a batch of two", async () => {
  const run = async (batch: number) => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [batch, 2, 4, 5]);
    const rows = graph.constant(
      Float32Array.from(boxes, (v, i) => (i % 5 === 0 ? 0 : v)),
      [3, 5],
    );
    graph.output("y", RoiAlign(x, rows, { size: [2, 2], spatialScale: 0.25, samplingRatio: 2 }));
    const map = Float32Array.from({ length: batch * 40 }, (_, i) => Math.sin(i));
    return (await evaluate(graph, { x: float32(map, [batch, 2, 4, 5]) })).y!.data as Float32Array;
  };
  expect(await run(1)).toBeAllclose(await run(2));
});

it("RoiPool gives zero for bins outside the map", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 2, 2]);
  graph.output(
    "y",
    RoiPool(x, graph.constant(Float32Array.of(0, 0, 0, 3, 1), [1, 5]), { size: [1, 2], spatialScale: 1 }),
  );
  const { y } = await evaluate(graph, { x: float32([-1, -2, -3, -4], [1, 1, 2, 2]) });
  // The box covers columns 0 to 3; the map has only the first two, which are the first bin.
  expect(Array.from(y!.data as Float32Array)).toEqual([-1, 0]);
});
