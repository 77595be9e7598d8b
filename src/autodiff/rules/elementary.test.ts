import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import {
  Abs,
  And,
  Concat,
  Cos,
  CumSum,
  Div,
  Expand,
  Floor,
  Graph,
  Greater,
  Identity,
  Log,
  Max,
  Min,
  Neg,
  Not,
  Or,
  Pad,
  Pow,
  Reciprocal,
  ReduceMax,
  ReduceMean,
  ReduceMin,
  ReduceSumSquare,
  Sin,
  Slice,
  Split,
  Sqrt,
  Sub,
  type Value,
  Where,
} from "../../graph/index.js";
import { float32 } from "../../runtime/tensor.js";

/** Functions of one positive tensor [2, 3, 4]. */
const ofOne: { [name: string]: (x: Value) => Value } = {
  Neg,
  Abs,
  Log,
  Sqrt,
  Reciprocal,
  Sin,
  Cos,
  Identity,
  "Pow with a number": (x) => Pow(x, 2.5),
  ReduceMean: (x) => ReduceMean(x, { axes: [0, 2] }),
  ReduceMax: (x) => ReduceMax(x, { axes: [1] }),
  ReduceMin: (x) => ReduceMin(x, { axes: [1] }),
  ReduceSumSquare: (x) => ReduceSumSquare(x, { axes: [2] }),
  "CumSum, exclusive and reversed": (x) => CumSum(x, 2, { exclusive: true, reverse: true }),
  "Slice with a step": (x) => Slice(x, [2], [0], [4], [2]),
  "Pad by reflection": (x) => Pad(x, [0, 1, 2], [0, 1, 0], "reflect"),
  "Split and Concat": (x) => Concat([...Split(x, 2, [1, 3])].reverse(), 2),
};

describe("gradients of elementary operators equal central differences", () => {
  it.each(Object.keys(ofOne))("%s", (name) =>
    checkGradients({ inputs: { x: [2, 3, 4] }, low: 0.5, high: 3, build: ({ x }) => ofOne[name]!(x!) }),
  );

  it.each(Object.entries({ Sub, Div, Pow, Max, Min }))("%s of tensors that broadcast", (_, build) =>
    checkGradients({ inputs: { a: [2, 3, 4], b: [3, 1] }, low: 0.5, high: 3, build: ({ a, b }) => build(a!, b!) }),
  );

  it("Where takes each side where it is chosen, and Expand sums over what it repeats", () =>
    checkGradients({
      inputs: { a: [2, 3], b: [2, 1] },
      build: ({ a, b }) => Where(Greater(a!, 0), a!, Expand(b!, [2, 3])),
    }));
});

it("And, Or, Not and Floor are logic and rounding down", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [4]);
  const y = graph.input("y", "float32", [4]);
  const [left, right] = [Greater(x, 0), Greater(y, 0)];
  graph.output("and", And(left, right));
  graph.output("or", Or(left, right));
  graph.output("not", Not(left));
  graph.output("floor", Floor(x));
  const out = await evaluate(graph, { x: float32([-1.5, -1, 0.5, 2], [4]), y: float32([-1, 1, -1, 1], [4]) });
  expect(Array.from(out.and!.data as Uint8Array, Number)).toEqual([0, 0, 0, 1]);
  expect(Array.from(out.or!.data as Uint8Array, Number)).toEqual([0, 1, 1, 1]);
  expect(Array.from(out.not!.data as Uint8Array, Number)).toEqual([1, 1, 0, 0]);
  expect(Array.from(out.floor!.data as Float32Array)).toEqual([-2, -1, 0, 2]);
});
