/** @file What a gradient rule is, and the recurring shapes of rules. */
import { sameShape } from "../graph/dim.js";
import { Add, Expand, Mul, ReduceSum, Reshape } from "../graph/ops/index.js";
import type { Attributes, Value } from "../graph/types.js";

/** What a rule may read. */
export interface RuleInput {
  /** Inputs of the node. */
  readonly x: readonly Value[];
  /** Outputs of the node. */
  readonly y: readonly Value[];
  /** Cotangent of the first output. */
  readonly dy: Value;
  /** Cotangents of all outputs; null where the loss does not depend on one. */
  readonly dys: readonly (Value | null)[];
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows the attributes of its own operator.
  readonly attributes: any & Attributes;
}

/** The gradients with respect to the inputs, one entry for each; null where there is none. */
export type Rule = (input: RuleInput) => readonly (Value | null)[];

/** An operator whose inputs have no derivative, with the reason. Its inputs get no gradient. */
export interface NotDifferentiable {
  readonly reason: string;
}

export const notDifferentiable = (reason: string): NotDifferentiable => ({ reason });

/** One row for each operator of a family: forgetting one does not compile. */
export type RulesFor<Family> = { readonly [Op in keyof Family]: Rule | NotDifferentiable };

/** Undoes broadcasting: sums a cotangent down to the shape that the operand had. */
export function sumToShape(dy: Value, x: Value): Value {
  if (sameShape(dy.shape, x.shape)) return dy;
  const extra = dy.shape.length - x.shape.length;
  const axes = dy.shape.flatMap((d, i) => (i < extra || (x.shape[i - extra] === 1 && d !== 1) ? [i] : []));
  return Reshape(axes.length ? ReduceSum(dy, { axes, keepdims: true }) : dy, x.shape);
}

/** A gradient that is `dy` times a factor made from input and output: the rule of most element-wise functions. */
export const elementwise =
  (derivative: (x: Value, y: Value) => Value): Rule =>
  ({ x, y, dy }) => [Mul(dy, derivative(x[0]!, y[0]!))];

/** A reduced cotangent spread back over the reduced axes. */
export function spreadOver(dy: Value, x: Value, axes: readonly number[]): Value {
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return Expand(Reshape(dy, kept), x.shape);
}

export const total = (terms: readonly (Value | null)[]): Value | null =>
  terms.reduce((a, b) => (a && b ? Add(a, b) : (a ?? b)), null);
