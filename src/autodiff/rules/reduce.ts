/** @file Gradients of reductions and of selections by rank. */
import { product } from "../../graph/dim.js";
import {
  Cast,
  CumSum,
  Div,
  Equal,
  Expand,
  Mul,
  ReduceSum,
  type reduceOps,
  ScatterElements,
} from "../../graph/ops/index.js";
import { notDifferentiable, type Rule, type RulesFor, spreadOver } from "../rule.js";

/** Elements equal to the extreme share its cotangent equally, as PyTorch's amax and amin do. */
const extreme: Rule = ({ x: [x], y: [y], dy, attributes: { axes } }) => {
  const hits = Cast(Equal(x!, spreadOver(y!, x!, axes)), x!.dtype);
  return [Mul(Div(hits, ReduceSum(hits, { axes, keepdims: true })), spreadOver(dy, x!, axes))];
};

export const reduceRules: RulesFor<typeof reduceOps> = {
  ReduceSum: ({ x: [x], dy, attributes: { axes } }) => [spreadOver(dy, x!, axes)],
  ReduceMean: ({ x: [x], dy, attributes: { axes } }) => {
    const count = product((axes as number[]).map((axis) => x!.shape[axis]!));
    return [spreadOver(Mul(dy, 1 / (count as number)), x!, axes)];
  },
  ReduceMax: extreme,
  ReduceMin: extreme,
  // d sum(x^2) = 2x
  ReduceSumSquare: ({ x: [x], dy, attributes: { axes } }) => [Mul(Mul(x!, 2), spreadOver(dy, x!, axes))],
  ArgMax: notDifferentiable("an index is a selection"),
  ArgMin: notDifferentiable("an index is a selection"),
  TopK: ({ x: [x], y: [, indices], dy, attributes: { axis } }) => [
    ScatterElements(Expand(x!.graph.scalar(0, x!.dtype), x!.shape), indices!, dy, axis, "add"),
  ],
  // The running sum's adjoint runs the other way.
  CumSum: ({ dy, attributes: { axis, exclusive, reverse } }) => [CumSum(dy, axis, { exclusive, reverse: !reverse })],
};
