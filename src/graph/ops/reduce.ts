/** @file Sums, means and extremes over axes, and selections by rank. */
import type { Dim, Shape } from "../dim.js";
import type { OpSpec, Value } from "../types.js";
import { apply, apply1, axesOf, axisOf, mismatch } from "./define.js";

export interface ReduceAttributes {
  readonly [name: string]: readonly number[] | boolean;
  readonly axes: readonly number[];
  readonly keepdims: boolean;
}

/** Shape after reducing `axes`: kept as 1, or left out. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepdims: boolean): Shape =>
  keepdims ? shape.map((d, i): Dim => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));

const reduction: OpSpec<ReduceAttributes> = {
  infer: ([x], { axes, keepdims }) => [{ dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepdims) }],
  emit: ({ axes, keepdims }) => ({ attributes: { keepdims }, sizes: [axes] }),
};

const arg: OpSpec<{ axis: number; keepdims: boolean }> = {
  infer: ([x], { axis, keepdims }) => [{ dtype: "int64", shape: reducedShape(x!.shape, [axis], keepdims) }],
};

const topK: OpSpec<{ k: number; axis: number }> = {
  infer: ([x], { k, axis }) => {
    const size = x!.shape[axis]!;
    if (typeof size === "number" && k > size) throw mismatch(`at most ${size} elements of axis ${axis}`, `k = ${k}`);
    const shape = x!.shape.map((d, i) => (i === axis ? k : d));
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  emit: ({ k, axis }) => ({ attributes: { axis }, sizes: [[k]] }),
};

const cumSum: OpSpec<{ axis: number; exclusive: boolean; reverse: boolean }> = {
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ axis, exclusive, reverse }) => ({ attributes: { exclusive, reverse }, sizes: [[axis]] }),
};

export const reduceOps = {
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceSumSquare: reduction,
  ArgMax: arg,
  ArgMin: arg,
  TopK: topK,
  CumSum: cumSum,
} satisfies Record<string, OpSpec>;

export interface ReduceOptions {
  /** Axes to reduce, from the front or (negative) from the back; all when left out. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1 (default: leave them out). */
  readonly keepdims?: boolean;
}

const reduce =
  (op: "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceSumSquare") =>
  (x: Value, { axes = x.shape.map((_, i) => i), keepdims = false }: ReduceOptions = {}): Value =>
    axes.length === 0 && op !== "ReduceSumSquare"
      ? x
      : apply1(op, reduction, [x], { axes: axesOf(axes, x.shape.length), keepdims });

export const ReduceSum = reduce("ReduceSum");
export const ReduceMean = reduce("ReduceMean");
/** Largest element; ties share the gradient equally, as in PyTorch's `amax`. */
export const ReduceMax = reduce("ReduceMax");
/** Smallest element; ties share the gradient equally, as in PyTorch's `amin`. */
export const ReduceMin = reduce("ReduceMin");
export const ReduceSumSquare = reduce("ReduceSumSquare");

/** Index of the largest element along an axis, the first on ties (int64). */
export const ArgMax = (x: Value, axis: number, keepdims = false): Value =>
  apply1("ArgMax", arg, [x], { axis: axisOf(axis, x.shape.length), keepdims });
/** Index of the smallest element along an axis, the first on ties (int64). */
export const ArgMin = (x: Value, axis: number, keepdims = false): Value =>
  apply1("ArgMin", arg, [x], { axis: axisOf(axis, x.shape.length), keepdims });

/** The k largest elements along an axis, falling, and their indices (int64). */
export function TopK(x: Value, k: number, axis: number): { values: Value; indices: Value } {
  const [values, indices] = apply("TopK", topK, [x], { k, axis: axisOf(axis, x.shape.length) });
  return { values: values!, indices: indices! };
}

/** Running sum along an axis; `exclusive` starts at zero, `reverse` runs from the end. */
export const CumSum = (x: Value, axis: number, { exclusive = false, reverse = false } = {}): Value =>
  apply1("CumSum", cumSum, [x], { axis: axisOf(axis, x.shape.length), exclusive, reverse });
