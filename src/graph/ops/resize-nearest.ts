/** @file Nearest-neighbour resizing. */
import { type Dim, mul, sameDim, shapeText, staticShape } from "../dim.js";
import type { OpSpec, Value } from "../types.js";
import { apply1, mismatch, rankOf } from "./define.js";
import { nearestIndices } from "./interpolation.js";
import { Concat, Gather, Reshape } from "./shape.js";

export interface NearestAttributes {
  readonly [name: string]: readonly Dim[] | boolean | undefined | readonly number[];
  readonly size: readonly [Dim, Dim];
  readonly exact: boolean;
  readonly scales: readonly [number, number] | undefined;
}

/** Up to this factor float32 rounding never moves an index, so copies of whole elements are what PyTorch computes. */
const largestFactor = 40;

/** Whole numbers by which height and width grow, if they do. */
function wholeFactors(x: Value, size: readonly [Dim, Dim]): [number, number] | null {
  const factors = size.map((s, i) => {
    const before = x.shape[i + 2]!;
    if (typeof s === "number" && typeof before === "number")
      return s % before === 0 && s <= largestFactor * before ? s / before : 0;
    for (let factor = 1; factor <= largestFactor; factor++) if (sameDim(s, mul(before, factor))) return factor;
    return 0;
  });
  return factors.every((f) => f > 0) ? (factors as [number, number]) : null;
}

const repeat: OpSpec<{ factors: readonly [number, number] }> = {
  infer: ([x], { factors }) => {
    const [n, c, h, w] = rankOf(x!, 4, "a map [N, C, H, W]") as [Dim, Dim, Dim, Dim];
    return [{ dtype: x!.dtype, shape: [n, c, mul(h, factors[0]), mul(w, factors[1])] }];
  },
  // ONNX Runtime has a fast kernel for twice the size only; joining copies is faster for other factors, and float64 has no Resize.
  lower: ([x], { factors }, target) =>
    target !== "reference" && factors[0] === 2 && factors[1] === 2 ? null : [joinedCopies(x!, factors)],
  emit: (_, node) => ({
    op: "Resize",
    attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    sizes: [node.outputs[0]!.shape],
    order: [0, null, null, "s0"],
  }),
};

function joinedCopies(x: Value, [rows, columns]: readonly [number, number]): Value {
  const [n, c, h, w] = x.shape as [Dim, Dim, Dim, Dim];
  const copies = (v: Value, count: number, axis: number) => Concat(Array(count).fill(v), axis);
  const wide = Reshape(copies(Reshape(x, [n, c, h, w, 1]), columns, 4), [n, c, h, 1, mul(w, columns)]);
  return Reshape(copies(wide, rows, 3), [n, c, mul(h, rows), mul(w, columns)]);
}

const nearest: OpSpec<NearestAttributes> = {
  infer: ([x], { size }) => {
    const [n, c] = rankOf(x!, 4, "a map [N, C, H, W]");
    if (size.some((s) => typeof s === "number" && s < 1)) throw mismatch("a size of at least 1x1", shapeText(size));
    return [{ dtype: x!.dtype, shape: [n!, c!, ...size] }];
  },
  // With known sizes the indices are constants: exact where rounding decides, which ONNX leaves open.
  lower: ([x], { size, exact, scales }) => {
    if (!staticShape(x!.shape.slice(2)) || !staticShape(size)) return null;
    const along = (v: Value, axis: 2 | 3) => {
      const [from, to] = [v.shape[axis] as number, size[axis - 2] as number];
      const indices = nearestIndices(from, to, exact, scales && 1 / scales[axis - 2]!);
      const same = from === to && indices.every((index, i) => index === i);
      return same ? v : Gather(v, v.graph.constant(BigInt64Array.from(indices, BigInt), [to]), axis);
    };
    return [along(along(x!, 2), 3)];
  },
  emit: ({ exact }, node) => ({
    op: "Resize",
    attributes: {
      mode: "nearest",
      coordinate_transformation_mode: exact ? "half_pixel" : "asymmetric",
      nearest_mode: exact ? "round_prefer_ceil" : "floor",
    },
    sizes: [node.outputs[0]!.shape],
    order: [0, null, null, "s0"],
  }),
};

export const resizeNearestOps = { RepeatElements: repeat, ResizeNearest: nearest } satisfies Record<string, OpSpec>;

/** Every element repeated `factors` (height, width) times: [N, C, H, W] to [N, C, H * rows, W * columns]. */
export const RepeatElements = (x: Value, factors: readonly [number, number]): Value =>
  factors.every((f) => f === 1) ? x : apply1("RepeatElements", repeat, [x], { factors });

/**
 * The nearest element of `x` [N, C, H, W] for each of `size` (height, width): the one that the upper left corner of the
 * output element falls on, or (`exact`) the one that its centre falls on.
 */
export function ResizeNearest(
  x: Value,
  size: readonly [Dim, Dim],
  exact: boolean,
  scales?: readonly [number, number],
): Value {
  const factors = scales ? null : wholeFactors(x, size);
  return factors ? RepeatElements(x, factors) : apply1("ResizeNearest", nearest, [x], { size, exact, scales });
}
