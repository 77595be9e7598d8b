import { expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import { Graph, lower } from "../index.js";
import { Mul, Sub } from "./arithmetic.js";

it("a number meets a tensor with last axes of 1 as a vector, in its own shape again", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [3, 2, 1, 1]);
  graph.output("y", Sub(1, Mul(x, graph.input("s", "float32", [1]))));
  const widths = lower(graph, "cpu")
    .nodes.filter(({ op }) => op === "Mul" || op === "Sub")
    .map(({ outputs }) => outputs[0]!.shape);
  expect(widths).toEqual([[6], [6]]);
  const { y } = await evaluate(graph, { x: float32([1, 2, 3, 4, 5, 6], [3, 2, 1, 1]), s: float32([2], [1]) });
  expect(y!.shape).toEqual([3, 2, 1, 1]);
  expect(y!.data as Float32Array).toBeAllclose([-1, -3, -5, -7, -9, -11], { rtol: 0, atol: 0 });
});

it("numbers and tensors that end in a longer axis stay as they are", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [3, 1, 2]);
  const one = graph.input("one", "float32", [1, 1]);
  graph.output("y", Mul(x, 2));
  graph.output("z", Mul(one, 2));
  expect(lower(graph, "cpu").nodes.map(({ op }) => op)).toEqual(["Mul", "Mul"]);
});
