/** @file What every operator family needs: appending a node, broadcasting, and reading axes. */
import { GraphError, SegkitError } from "../../errors/index.js";
import { compatible, type Dim, type Shape, shapeText } from "../dim.js";
import type { Attributes, DType, OpSpec, TensorType, Value } from "../types.js";

/** A value, or a number that becomes a constant of the other operand's type. */
export type Operand = Value | number;

/** Raised by shape rules; the graph adds the operator, its inputs and the layer. */
export function mismatch(expected: string, found: string, next?: string): SegkitError {
  return new SegkitError("shape", next === undefined ? { expected, found } : { expected, found, next });
}

/** Appends an operator whose inputs are given; at least one of them is a value. */
export function apply(
  op: string,
  spec: OpSpec,
  inputs: readonly (Value | null)[],
  attributes: Attributes = {},
): readonly Value[] {
  const first = inputs.find((input) => input !== null);
  if (!first) throw new GraphError({ expected: "at least one input", found: `${op} without any` });
  return first.graph.append(op, spec, inputs, attributes);
}

/** `apply` for operators of one output. */
export const apply1 = (
  op: string,
  spec: OpSpec,
  inputs: readonly (Value | null)[],
  attributes: Attributes = {},
): Value => apply(op, spec, inputs, attributes)[0]!;

/** Two operands as values: a number becomes a constant of the other's type. */
export function operands(a: Operand, b: Operand): [Value, Value] {
  if (typeof a === "number" && typeof b === "number")
    throw new GraphError({ expected: "at least one tensor operand", found: `two numbers, ${a} and ${b}` });
  if (typeof a === "number") return [(b as Value).graph.scalar(a, (b as Value).dtype), b as Value];
  if (typeof b === "number") return [a, a.graph.scalar(b, a.dtype)];
  return [a, b];
}

/** Shape of two broadcast tensors (the NumPy rule). */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const p = a[a.length - rank + i] ?? 1;
    const q = b[b.length - rank + i] ?? 1;
    if (p === 1) return q;
    if (q === 1) return p;
    if (!compatible(p, q)) throw mismatch("shapes that broadcast", `${shapeText(a)} and ${shapeText(b)}`);
    return typeof p === "number" ? p : q;
  });
}

/** The axis counted from the front; throws when the tensor has no such axis. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= rank || !Number.isInteger(axis))
    throw mismatch(`an axis within ${rank} dimensions`, `axis ${axis}`);
  return positive;
}

export const axesOf = (axes: readonly number[], rank: number): number[] => axes.map((axis) => axisOf(axis, rank));

/** Requires a rank and returns the shape. */
export function rankOf(type: TensorType | null, rank: number, what: string): Shape {
  if (!type || type.shape.length !== rank)
    throw mismatch(`${what} of ${rank} dimensions`, type ? shapeText(type.shape) : "nothing");
  return type.shape;
}

/** Requires equal types of all given inputs and returns it. */
export function commonType(inputs: readonly (TensorType | null)[]): DType {
  const types = new Set(inputs.filter((input) => input !== null).map((input) => input.dtype));
  if (types.size !== 1) throw mismatch("inputs of one type", [...types].join(" and "));
  return [...types][0]!;
}

/** Shape rule of operators that keep shape and type. */
export const unary: OpSpec = { infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] };

/** Shape rule of operators on two or more broadcast tensors of one type. */
export const broadcast: OpSpec = {
  infer: (inputs) => [
    { dtype: commonType(inputs), shape: inputs.map((input) => input!.shape).reduce(broadcastShapes) },
  ],
};
