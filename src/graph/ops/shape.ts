/** @file Moving elements without changing them: reshape, transpose, slices, padding, joining, repeating, picking. */
import { add, compatible, type Dim, mul, product, type Shape, sameDim, sameShape, shapeText, sub } from "../dim.js";
import type { OpSpec, Value } from "../types.js";
import { apply, apply1, axisOf, commonType, mismatch } from "./define.js";

const reshape: OpSpec<{ shape: Shape }> = {
  infer: ([x], { shape }) => {
    const [before, after] = [product(x!.shape), product(shape)];
    if (!compatible(before, after)) throw mismatch(`a shape of ${String(before)} elements`, shapeText(shape));
    return [{ dtype: x!.dtype, shape }];
  },
  emit: ({ shape }) => ({ sizes: [shape] }),
};

const transpose: OpSpec<{ perm: readonly number[] }> = {
  infer: ([x], { perm }) => {
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== x!.shape.length)
      throw mismatch(`an order of ${x!.shape.length} axes`, `[${perm}]`);
    return [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }];
  },
};

const concat: OpSpec<{ axis: number }> = {
  infer: (inputs, { axis }) => {
    const shapes = inputs.map((input) => input!.shape);
    const first = shapes[0]!;
    for (const shape of shapes)
      if (shape.length !== first.length || shape.some((d, i) => i !== axis && !compatible(d, first[i]!)))
        throw mismatch(
          `shapes that differ only in axis ${axis}`,
          shapes.map(shapeText).join(", "),
          "Pad or resize the skips to one size before joining them.",
        );
    const joined = shapes.map((shape) => shape[axis]!).reduce(add);
    return [
      {
        dtype: commonType(inputs),
        shape: first.map((d, i) =>
          i === axis ? joined : (shapes.map((s) => s[i]!).find((s) => typeof s === "number") ?? d),
        ),
      },
    ];
  },
};

const split: OpSpec<{ axis: number; split: readonly Dim[] }> = {
  infer: ([x], { axis, split: parts }) => {
    if (!compatible(parts.reduce(add), x!.shape[axis]!))
      throw mismatch(`parts of axis ${axis} of ${shapeText(x!.shape)}`, shapeText(parts));
    return parts.map((part) => ({ dtype: x!.dtype, shape: x!.shape.map((d, i) => (i === axis ? part : d)) }));
  },
  emit: ({ axis, split: parts }) => ({ attributes: { axis }, sizes: [parts] }),
};

export interface SliceAttributes {
  readonly [name: string]: readonly Dim[] | readonly number[];
  readonly axes: readonly number[];
  readonly starts: readonly Dim[];
  /** One past the last element, counted from the front. */
  readonly ends: readonly Dim[];
  readonly steps: readonly number[];
}

const slice: OpSpec<SliceAttributes> = {
  infer: ([x], { axes, starts, ends, steps }) => {
    const shape = [...x!.shape];
    for (const [i, axis] of axes.entries()) {
      const [start, end, step, size] = [starts[i]!, ends[i]!, steps[i]!, x!.shape[axis]!];
      if (step < 1) throw mismatch("a positive step", String(step));
      if (typeof start === "number" && typeof end === "number" && typeof size === "number")
        if (start < 0 || end > size || start > end)
          throw mismatch(`a range within axis ${axis} of ${shapeText(x!.shape)}`, `${start}..${end}`);
      const length = sub(end, start);
      shape[axis] = step === 1 ? length : ceilDivision(length, step);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: ({ axes, starts, ends, steps }) => ({
    attributes: {},
    sizes: [starts, ends, axes, ...(steps.every((s) => s === 1) ? [] : [steps])],
  }),
};

const ceilDivision = (a: Dim, b: number): Dim =>
  typeof a === "number" ? Math.ceil(a / b) : { kind: "expression", operator: "floorDiv", a: add(a, b - 1), b };

export type PadMode = "constant" | "reflect" | "edge" | "wrap";

const pad: OpSpec<{ before: readonly Dim[]; after: readonly Dim[]; mode: PadMode; value: number }> = {
  infer: ([x], { before, after, mode }) => {
    if (before.length !== x!.shape.length || after.length !== x!.shape.length)
      throw mismatch(`paddings for ${x!.shape.length} axes`, `${before.length} and ${after.length}`);
    const shape = x!.shape.map((d, i) => add(add(d, before[i]!), after[i]!));
    for (const [i, d] of x!.shape.entries())
      for (const p of [before[i]!, after[i]!])
        if (
          typeof d === "number" &&
          typeof p === "number" &&
          ((mode === "reflect" && p >= d) || (mode === "wrap" && p > d))
        )
          throw mismatch(`${mode} padding smaller than axis ${i} of ${shapeText(x!.shape)}`, String(p));
    if (shape.some((d) => typeof d === "number" && d < 0))
      throw mismatch("a padded size of at least 0", shapeText(shape));
    return [{ dtype: x!.dtype, shape }];
  },
  // The value is a second input of ONNX's Pad only when it is not zero; `Pad` passes it as a tensor then.
  emit: ({ before, after, mode }, node) => ({
    attributes: { mode },
    sizes: [[...before, ...after]],
    order: node.inputs.length > 1 ? [0, "s0", 1] : [0, "s0"],
  }),
};

const expand: OpSpec<{ shape: Shape }> = {
  infer: ([x], { shape }) => {
    const offset = shape.length - x!.shape.length;
    if (offset < 0 || x!.shape.some((d, i) => d !== 1 && !compatible(d, shape[offset + i]!)))
      throw mismatch(`a shape that ${shapeText(x!.shape)} broadcasts to`, shapeText(shape));
    return [{ dtype: x!.dtype, shape }];
  },
  emit: ({ shape }) => ({ sizes: [shape] }),
};

const gather: OpSpec<{ axis: number }> = {
  infer: ([x, indices], { axis }) => [
    { dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] },
  ],
};

const gatherElements: OpSpec<{ axis: number }> = {
  infer: ([x, indices]) => [{ dtype: x!.dtype, shape: indices!.shape }],
};

const scatterElements: OpSpec<{ axis: number; reduction: "none" | "add" }> = {
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
};

const identity: OpSpec = { infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] };

/** The tensor without a gradient: what lies before it is not trained through this use. */
const stopGradient: OpSpec = { ...identity, lower: ([x]) => [x!] };

export const shapeOps = {
  Reshape: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  Identity: identity,
  StopGradient: stopGradient,
} satisfies Record<string, OpSpec>;

/** The same elements in row-major order in another shape. */
export const Reshape = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : apply1("Reshape", reshape, [x], { shape });

/** Axes in another order: output axis i is input axis `perm[i]`. */
export const Transpose = (x: Value, perm: readonly number[]): Value =>
  perm.every((axis, i) => axis === i) ? x : apply1("Transpose", transpose, [x], { perm });

/** Tensors joined along an axis. */
export const Concat = (inputs: readonly Value[], axis: number): Value =>
  inputs.length === 1 ? inputs[0]! : apply1("Concat", concat, inputs, { axis: axisOf(axis, inputs[0]!.shape.length) });

/** A tensor cut along an axis into parts of the given sizes. */
export const Split = (x: Value, axis: number, parts: readonly Dim[]): readonly Value[] =>
  parts.length === 1 ? [x] : apply("Split", split, [x], { axis: axisOf(axis, x.shape.length), split: parts });

/** Elements `start..end` (end excluded, both from the front) with a step along each of the given axes. */
export function Slice(
  x: Value,
  axes: readonly number[],
  starts: readonly Dim[],
  ends: readonly Dim[],
  steps: readonly number[] = axes.map(() => 1),
): Value {
  const positive = axes.map((axis) => axisOf(axis, x.shape.length));
  const whole = positive.every((axis, i) => starts[i] === 0 && steps[i] === 1 && sameDim(ends[i]!, x.shape[axis]!));
  return whole ? x : apply1("Slice", slice, [x], { axes: positive, starts, ends, steps });
}

/** The tensor with elements added (or, for negative numbers in `constant` mode, removed) before and after each axis. */
export function Pad(
  x: Value,
  before: readonly Dim[],
  after: readonly Dim[],
  mode: PadMode = "constant",
  value = 0,
): Value {
  if (before.every((d) => d === 0) && after.every((d) => d === 0)) return x;
  const fill = value === 0 ? [] : [x.graph.scalar(value, x.dtype)];
  return apply1("Pad", pad, [x, ...fill], { before, after, mode, value });
}

/** The tensor repeated along axes of size 1 to fill the shape. */
export const Expand = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : apply1("Expand", expand, [x], { shape });

/** Slices of `x` along an axis at integer `indices` (int32 or int64). */
export const Gather = (x: Value, indices: Value, axis: number): Value =>
  apply1("Gather", gather, [x, indices], { axis: axisOf(axis, x.shape.length) });

/** One element of `x` for each index: `out[i][j] = x[index[i][j]][j]` for axis 0. */
export const GatherElements = (x: Value, indices: Value, axis: number): Value =>
  apply1("GatherElements", gatherElements, [x, indices], { axis: axisOf(axis, x.shape.length) });

/** `x` with `updates` written to, or added at, the places that `indices` name along an axis. */
export const ScatterElements = (
  x: Value,
  indices: Value,
  updates: Value,
  axis: number,
  reduction: "none" | "add" = "none",
): Value =>
  apply1("ScatterElements", scatterElements, [x, indices, updates], { axis: axisOf(axis, x.shape.length), reduction });

export const Identity = (x: Value): Value => apply1("Identity", identity, [x]);

/** The same tensor, through which no gradient flows. */
export const StopGradient = (x: Value): Value => apply1("StopGradient", stopGradient, [x]);

/** A new axis of size 1 at each of the given places of the result. */
export function Unsqueeze(x: Value, axes: readonly number[]): Value {
  const rank = x.shape.length + axes.length;
  const places = new Set(axes.map((axis) => axisOf(axis, rank)));
  let next = 0;
  return Reshape(
    x,
    Array.from({ length: rank }, (_, i) => (places.has(i) ? 1 : x.shape[next++]!)),
  );
}

/** The tensor without the given axes, each of size 1. */
export function Squeeze(x: Value, axes: readonly number[]): Value {
  const gone = new Set(axes.map((axis) => axisOf(axis, x.shape.length)));
  return Reshape(
    x,
    x.shape.filter((_, i) => !gone.has(i)),
  );
}

/** Merges the axes `from..to` (both included) into one. */
export function Flatten(x: Value, from: number, to: number): Value {
  const [a, b] = [axisOf(from, x.shape.length), axisOf(to, x.shape.length)];
  return Reshape(x, [...x.shape.slice(0, a), x.shape.slice(a, b + 1).reduce(mul), ...x.shape.slice(b + 1)]);
}
