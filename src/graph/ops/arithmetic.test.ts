import { expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { Graph, lower } from "../index.js";
import { Mul, Sub } from "./arithmetic.js";

it("a number meets a large tensor with last axes of 1 as a vector, in its own shape again", async () => {
  const graph = new Graph();
  const shape = [64, 65, 1, 1];
  const x = graph.input("x", "float32", shape);
  graph.output("y", Sub(1, Mul(x, graph.input("s", "float32", [1]))));
  const widths = lower(graph, "cpu")
    .nodes.filter(({ op }) => op === "Mul" || op === "Sub")
    .map(({ outputs }) => outputs[0]!.shape);
  expect(widths).toEqual([[4160], [4160]]);
  const numbers = Float32Array.from({ length: 4160 }, (_, i) => i);
  const { y } = await evaluate(graph, { x: float32(numbers, shape), s: float32([2], [1]) });
  expect(y!.shape).toEqual(shape);
  expect(y!.data as Float32Array).toEqual(numbers.map((value) => 1 - 2 * value));
});

it("numbers, small tensors and those that end in a longer axis stay as they are", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [64, 33, 2]);
  const one = graph.input("one", "float32", [1, 1]);
  graph.output("y", Mul(x, 2));
  graph.output("z", Mul(one, 2));
  graph.output("small", Mul(graph.input("column", "float32", [32, 64, 1]), 2));
  expect(lower(graph, "cpu").nodes.map(({ op }) => op)).toEqual(["Mul", "Mul", "Mul"]);
});
