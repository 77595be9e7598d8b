/** @file Gradients of element-wise arithmetic. */
import {
  Add,
  type arithmeticOps,
  Cast,
  Cos,
  Div,
  Equal,
  Greater,
  Log,
  Mul,
  Neg,
  Pow,
  Sin,
  Sub,
  Where,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { elementwise, notDifferentiable, type Rule, type RulesFor, sumToShape } from "../rule.js";

const comparison = notDifferentiable("a comparison is a step: its derivative is zero or does not exist");
const zeros = (x: Value): Value => x.graph.scalar(0, x.dtype);
const asFactor = (condition: Value, like: Value): Value => Cast(condition, like.dtype);

/** The larger (or smaller) operand takes the cotangent; on a tie each takes half, as in PyTorch. */
const extreme =
  (wins: (a: Value, b: Value) => Value): Rule =>
  ({ x: [a, b], dy }) => {
    const share = (p: Value, q: Value) => Add(asFactor(wins(p, q), dy), Mul(asFactor(Equal(p, q), dy), 0.5));
    return [sumToShape(Mul(dy, share(a!, b!)), a!), sumToShape(Mul(dy, share(b!, a!)), b!)];
  };

export const arithmeticRules: RulesFor<typeof arithmeticOps> = {
  Add: ({ x: [a, b], dy }) => [sumToShape(dy, a!), sumToShape(dy, b!)],
  Sub: ({ x: [a, b], dy }) => [sumToShape(dy, a!), sumToShape(Neg(dy), b!)],
  Mul: ({ x: [a, b], dy }) => [sumToShape(Mul(dy, b!), a!), sumToShape(Mul(dy, a!), b!)],
  // d(a/b) = da/b - a*db/b^2 = da/b - y*db/b
  Div: ({ x: [a, b], y: [y], dy }) => {
    const da = Div(dy, b!);
    return [sumToShape(da, a!), sumToShape(Neg(Mul(da, y!)), b!)];
  },
  // d(a^b) = b*a^(b-1)*da + a^b*log(a)*db, the second part taken as 0 where a = 0 as in PyTorch
  Pow: ({ x: [a, b], y: [y], dy }) => {
    const toBase = Mul(dy, Mul(b!, Pow(a!, Sub(b!, 1))));
    const logarithm = Where(Greater(a!, 0), Log(a!), zeros(a!));
    return [sumToShape(toBase, a!), sumToShape(Mul(dy, Mul(y!, logarithm)), b!)];
  },
  Max: extreme((a, b) => Greater(a, b)),
  Min: extreme((a, b) => Greater(b, a)),
  Neg: ({ dy }) => [Neg(dy)],
  // d|x| = sign(x), 0 at 0
  Abs: elementwise((x) => Sub(asFactor(Greater(x, 0), x), asFactor(Greater(Neg(x), 0), x))),
  Exp: elementwise((_, y) => y),
  Log: ({ x: [x], dy }) => [Div(dy, x!)],
  // d sqrt(x) = 1/(2 sqrt(x))
  Sqrt: ({ y: [y], dy }) => [Div(Mul(dy, 0.5), y!)],
  // d(1/x) = -1/x^2 = -y^2
  Reciprocal: elementwise((_, y) => Neg(Mul(y, y))),
  Sin: elementwise((x) => Cos(x)),
  Cos: elementwise((x) => Neg(Sin(x))),
  Floor: notDifferentiable("rounding is a step: its derivative is zero or does not exist"),
  Equal: comparison,
  Greater: comparison,
  Less: comparison,
  GreaterOrEqual: comparison,
  LessOrEqual: comparison,
  And: comparison,
  Or: comparison,
  Not: comparison,
  Where: ({ x: [condition, a, b], dy }) => [
    null,
    sumToShape(Where(condition!, dy, zeros(dy)), a!),
    sumToShape(Where(condition!, zeros(dy), dy), b!),
  ],
  Cast: ({ x: [x], dy }) => [x!.dtype.startsWith("float") ? Cast(dy, x!.dtype) : null],
};
