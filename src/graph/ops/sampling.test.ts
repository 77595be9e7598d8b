import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { AffineGrid, DeformConv, Graph, GridSample, type SampleMode, type SamplePadding } from "../index.js";

describe("sampling gradients equal central differences in float64", () => {
  for (const mode of ["bilinear", "bicubic"] as SampleMode[])
    for (const padding of ["zeros", "border", "reflection"] as SamplePadding[])
      it(`GridSample ${mode} with ${padding}, map and points`, () =>
        checkGradients({
          inputs: { x: [2, 2, 4, 5], grid: [2, 2, 3, 2] },
          low: -1.3,
          high: 1.3,
          build: ({ x, grid }) => GridSample(x!, grid!, { mode, padding, alignCorners: padding === "border" }),
        }));

  it("GridSample nearest, whose points have no gradient", () =>
    checkGradients({
      inputs: { x: [1, 2, 4, 5] },
      build: ({ x }) => {
        const points = Float64Array.from({ length: 12 }, (_, i) => 1.3 * Math.sin(i));
        return GridSample(x!, x!.graph.constant(points, [1, 2, 3, 2]), { mode: "nearest" });
      },
    }));

  it("AffineGrid", () =>
    checkGradients({ inputs: { theta: [2, 2, 3] }, build: ({ theta }) => AffineGrid(theta!, [2, 3]) }));

  it("DeformConv with stride, groups and a mask", () =>
    checkGradients({
      inputs: { x: [1, 4, 4, 5], w: [2, 2, 2, 2], offset: [1, 16, 2, 3], b: [2], mask: [1, 8, 2, 3] },
      build: ({ x, w, offset, b, mask }) =>
        DeformConv(x!, w!, offset!, b!, { strides: [2, 2], pads: [0, 1, 0, 0], group: 2, mask: mask! }),
    }));
});

describe("GridSample", () => {
  const sample = async (grid: number[], mode: SampleMode, padding: SamplePadding) => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, 1, 4]);
    const points = graph.input("grid", "float32", [1, 1, grid.length, 2]);
    graph.output("y", GridSample(x, points, { mode, padding, alignCorners: true }));
    const pairs = grid.flatMap((column) => [column, 0]);
    const feeds = { x: float32([10, 20, 30, 40], [1, 1, 1, 4]), grid: float32(pairs, [1, 1, grid.length, 2]) };
    return Array.from((await evaluate(graph, feeds)).y!.data as Float32Array);
  };
  /** Column of the map as a coordinate: -1 is column 0 and 1 is column 3. */
  const at = (column: number) => (2 * column) / 3 - 1;

  it("takes the even element half-way between two", async () => {
    // Columns 0.5, 1.5 and 2.5 round to 0, 2 and 2.
    const columns = [0.5, 1.5, 2.5].map(at);
    expect(await sample(columns, "nearest", "zeros")).toEqual([10, 30, 30]);
  });

  it("mirrors far outside the map", async () => {
    // Columns 4, 7 and -2 mirrored at 0 and 3 are 2, 1 and 2.
    expect(await sample([4, 7, -2].map(at), "bilinear", "reflection")).toBeAllclose([30, 20, 30], { rtol: 1e-5 });
  });

  it("fades to zero within one element outside", async () => {
    expect(await sample([-0.25, 3.5, 5].map(at), "bilinear", "zeros")).toBeAllclose([7.5, 20, 0], { rtol: 1e-5 });
  });
});

it("DeformConv refuses offsets that do not fit the kernel", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 2, 5, 6]);
  const w = graph.input("w", "float32", [3, 2, 3, 3]);
  const offset = graph.input("offset", "float32", [1, 17, 3, 4]);
  expect(() => DeformConv(x, w, offset)).toThrow("a multiple of 18");
});
