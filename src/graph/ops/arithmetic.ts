/** @file Element by element: arithmetic, powers, comparisons, logic, choice and casts. */
import { dataTypes } from "../../onnx/model.js";
import type { DType, OpSpec, Value } from "../types.js";
import { apply1, broadcast, broadcastShapes, commonType, mismatch, type Operand, operands, unary } from "./define.js";

const comparison: OpSpec = {
  infer: (inputs) => [{ ...broadcast.infer(inputs, {})[0]!, dtype: "bool" }],
};

/** Selection `condition ? a : b`. */
const where: OpSpec = {
  infer: ([condition, a, b]) => {
    if (condition!.dtype !== "bool") throw mismatch("a bool condition", condition!.dtype);
    return [{ dtype: commonType([a!, b!]), shape: [condition!, a!, b!].map((v) => v.shape).reduce(broadcastShapes) }];
  },
};

const cast: OpSpec<{ to: DType }> = {
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  emit: ({ to }) => ({ attributes: { to: dataTypes[to] } }),
};

export const arithmeticOps = {
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Pow: broadcast,
  Max: broadcast,
  Min: broadcast,
  Neg: unary,
  Abs: unary,
  Exp: unary,
  Log: unary,
  Sqrt: unary,
  Reciprocal: unary,
  Sin: unary,
  Cos: unary,
  Floor: unary,
  Equal: comparison,
  Greater: comparison,
  Less: comparison,
  GreaterOrEqual: comparison,
  LessOrEqual: comparison,
  And: comparison,
  Or: comparison,
  Not: unary,
  Where: where,
  Cast: cast,
} satisfies Record<string, OpSpec>;

const binary =
  (op: keyof typeof arithmeticOps) =>
  (a: Operand, b: Operand): Value =>
    apply1(op, arithmeticOps[op], operands(a, b));

const one =
  (op: keyof typeof arithmeticOps) =>
  (x: Value): Value =>
    apply1(op, arithmeticOps[op], [x]);

export const Add = binary("Add");
export const Sub = binary("Sub");
export const Mul = binary("Mul");
export const Div = binary("Div");
export const Pow = binary("Pow");
/** Larger of two, element by element; on a tie each side gets half of the gradient. */
export const Max = binary("Max");
/** Smaller of two, element by element; on a tie each side gets half of the gradient. */
export const Min = binary("Min");
export const Neg = one("Neg");
export const Abs = one("Abs");
export const Exp = one("Exp");
export const Log = one("Log");
export const Sqrt = one("Sqrt");
export const Reciprocal = one("Reciprocal");
export const Sin = one("Sin");
export const Cos = one("Cos");
export const Floor = one("Floor");
export const Equal = binary("Equal");
export const Greater = binary("Greater");
export const Less = binary("Less");
export const GreaterOrEqual = binary("GreaterOrEqual");
export const LessOrEqual = binary("LessOrEqual");
export const And = binary("And");
export const Or = binary("Or");
export const Not = one("Not");

export function Where(condition: Value, a: Operand, b: Operand): Value {
  const [x, y] = operands(a, b);
  return apply1("Where", where, [condition, x, y]);
}

/** The tensor in another type; itself when it has that type already. */
export const Cast = (x: Value, to: DType): Value => (x.dtype === to ? x : apply1("Cast", cast, [x], { to }));
