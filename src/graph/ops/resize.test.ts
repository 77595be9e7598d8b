import { describe, expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { ShapeError } from "../../errors/index.js";
import { float32 } from "../../runtime/tensor.js";
import { add, type Dim, Graph, mul, Resize, ResizeByFactor, type ResizeMode, symbol, type Target } from "../index.js";

const ramp = (shape: readonly number[]) => {
  const size = shape.reduce((p, d) => p * d, 1);
  return float32(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7) + i / size),
    shape,
  );
};

/** Result on a map of 2x5x6 of a graph whose height and width are known, or given only with the map. */
async function resized(
  known: boolean,
  size: (h: Dim, w: Dim) => [Dim, Dim],
  mode: ResizeMode,
  align: boolean,
  target: Target,
) {
  const graph = new Graph();
  const [h, w] = known ? [5, 6] : [symbol("height"), symbol("width")];
  const x = graph.input("x", "float32", [1, 2, h!, w!]);
  graph.output("y", Resize(x, size(h!, w!), mode, align));
  return (await evaluate(graph, { x: ramp([1, 2, 5, 6]) }, target)).y!;
}

describe.each(["cpu", "portable"] as const)("Resize on target %s", (target) => {
  const sizes: { [name: string]: (h: Dim, w: Dim) => [Dim, Dim] } = {
    "to twice the size": (h, w) => [mul(h, 2), mul(w, 2)],
    "to three and two times the size": (h, w) => [mul(h, 3), mul(w, 2)],
    "by added rows": (h, w) => [add(h, 4), add(w, 3)],
    "to a fixed size": () => [3, 9],
  };
  for (const [name, size] of Object.entries(sizes))
    for (const mode of ["bilinear", "bicubic", "nearest", "nearest-exact"] as const)
      for (const align of mode.startsWith("bi") ? [false, true] : [false])
        it(`${mode}${align ? " with aligned corners" : ""} ${name}: an unknown size gives what a known size gives`, async () => {
          const expected = await resized(true, size, mode, align, target);
          const actual = await resized(false, size, mode, align, target);
          expect(actual.shape).toEqual(expected.shape);
          expect(actual.data as Float32Array).toBeAllclose(expected.data as Float32Array, { rtol: 1e-5, atol: 1e-5 });
        });

  it("bilinear of a large map, by ONNX Runtime's Resize, equals the matrices of the reference", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 1, 200, 3]);
    graph.output("y", Resize(x, [400, 5], "bilinear"));
    const feeds = { x: ramp([1, 1, 200, 3]) };
    const [actual, expected] = [await evaluate(graph, feeds, target), await evaluate(graph, feeds, "reference")];
    expect(actual.y!.data as Float32Array).toBeAllclose(expected.y!.data as Float32Array, { rtol: 1e-5, atol: 2e-5 });
  });
});

it("Resize to the same size is the same value", () => {
  const x = new Graph().input("x", "float32", [1, 2, 5, 6]);
  expect(Resize(x, [5, 6], "bicubic")).toBe(x);
});

it("ResizeByFactor rounds sizes down and maps coordinates by the factor itself", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 1, 5]);
  graph.output("y", ResizeByFactor(x, [1, 0.5], "bilinear"));
  const { y } = await evaluate(graph, { x: float32([0, 10, 20, 30, 40], [1, 1, 1, 5]) });
  // floor(5 / 2) = 2 elements, at (i + 0.5) * 2 - 0.5 = 0.5 and 2.5.
  expect(Array.from(y!.data as Float32Array)).toEqual([5, 25]);
});

it("nearest keeps to float32 rounding where it decides: 2 rows enlarged 41 times", async () => {
  const graph = new Graph();
  graph.output("y", Resize(graph.input("x", "float32", [1, 1, 2, 1]), [82, 1], "nearest"));
  const { y } = await evaluate(graph, { x: float32([1, 2], [1, 1, 2, 1]) });
  // 41 * float32(1/41) is just below 1, so PyTorch takes 42 elements from the first row.
  expect(Array.from(y!.data as Float32Array)).toEqual([...Array(42).fill(1), ...Array(40).fill(2)]);
});

it("Resize refuses area interpolation and antialiasing to an unknown size", () => {
  const x = new Graph().input("x", "float32", [1, 2, 5, 6]);
  expect(() => Resize(x, [symbol("height"), 3], "area")).toThrow("known size");
  expect(() => Resize(x, [symbol("height"), 3], "bilinear", false, { antialias: true })).toThrow("known sizes");
  expect(() => Resize(x, [0, 3], "bilinear")).toThrow(ShapeError);
});
