import { expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph, ReduceSum } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { klDivergence, type LossFunction, weightedSum, withAuxiliary } from "./index.js";

const sum: LossFunction = (logits) => ReduceSum(logits);

async function evaluateLoss(build: (graph: Graph) => ReturnType<LossFunction>): Promise<number> {
  const graph = new Graph();
  graph.output("loss", build(graph));
  const feeds = { a: float32([1, 2], [2]), b: float32([10, 20], [2]), c: float32([100, 200], [2]) };
  const results = await evaluate(graph, feeds);
  return results.loss!.data[0] as number;
}

const input = (graph: Graph, name: string) => graph.input(name, "float32", [2]);

it("withAuxiliary adds the weighted losses of the auxiliary outputs", async () => {
  const of = (weights: number | number[]) =>
    evaluateLoss((graph) =>
      withAuxiliary(sum, weights)(input(graph, "a"), [input(graph, "b"), input(graph, "c")], graph.scalar(0)),
    );
  expect(await of(0.5)).toBeCloseTo(3 + 15 + 150, 4);
  expect(await of([1, 0.1])).toBeCloseTo(3 + 30 + 30, 4);
  await expect(of([1])).rejects.toThrow("expected 2 weights for as many auxiliary outputs");
});

it("weightedSum of no loss is refused", () => {
  expect(() => weightedSum([])).toThrow("an empty list of losses; expected at least one loss");
});

it("klDivergence at a temperature divides the logits by it and multiplies the loss by its square", async () => {
  const graph = new Graph();
  const [p, q] = [graph.input("p", "float32", [1, 2, 1, 1]), graph.input("q", "float32", [1, 2, 1, 1])];
  graph.output("warm", klDivergence(p, q, 2));
  const results = await evaluate(graph, {
    p: float32([0, 0], [1, 2, 1, 1]),
    q: float32([2 * Math.log(3), 0], [1, 2, 1, 1]),
  });
  // At temperature 2 q is (3/4, 1/4) and p (1/2, 1/2).
  const expected = 4 * (0.75 * Math.log(1.5) + 0.25 * Math.log(0.5));
  expect(results.warm!.data[0]).toBeCloseTo(expected, 6);
});
