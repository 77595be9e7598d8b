/**
 * @file Max pooling. Three operators form a closed set, so gradients of gradients need no fourth; all three look at the
 * places where the pooling of `x` finds its maxima (the first of equals, as in PyTorch):
 *
 *     y = MaxPool(x)           dx = MaxUnpool(x, dy)
 *     u = MaxUnpool(x, v)      dv = MaxPoolGather(x, du)
 *     v = MaxPoolGather(x, u)  du = MaxUnpool(x, dv)
 *
 * No indices are kept: on two cores a 2x2 pooling of [4, 32, 128, 128] takes 0.6 ms and its gradient 2.1 ms, against 4.1
 * and 0.6 ms for ONNX Runtime's MaxPool with Indices and MaxUnpool, which WebGPU lacks besides.
 */
import { type Dim, shapeText } from "../dim.js";
import type { OpSpec, Value } from "../types.js";
import { apply1, commonType, mismatch, rankOf } from "./define.js";
import {
  type PoolGeometry,
  type PoolOptions,
  paddingBehind,
  poolAxis,
  poolGeometry,
  poolSize,
  reach,
} from "./pool-geometry.js";
import { contests, fromWinners, gatherTaps, lowest, toWinners, windowTaps } from "./pool-windows.js";
import { Expand, Pad, Reshape, ScatterElements } from "./shape.js";

const axes = (geometry: PoolGeometry) => [poolAxis(geometry, 2), poolAxis(geometry, 3)] as const;

/** Shape [N, C, Ho, Wo] after pooling [N, C, H, W]. */
export function pooledShape(
  shape: readonly Dim[],
  geometry: PoolGeometry,
  error: (expected: string, found: string, next?: string) => Error = mismatch,
): Dim[] {
  const windows = axes(geometry);
  const sizes = windows.map((window) => poolSize(shape[window.axis]!, window));
  for (const [i, window] of windows.entries()) {
    if (window.before >= reach(window) || window.after >= reach(window))
      throw error(`pads smaller than the window's reach of ${reach(window)}`, `pads [${geometry.pads}]`);
    if (typeof sizes[i] === "number" && sizes[i] < 1)
      throw error(
        "a map at least as large as the pooling window",
        `a map of ${shapeText(shape.slice(2))} under a window of [${geometry.kernel}]`,
        "Use larger images or fewer downsampling stages.",
      );
  }
  return [shape[0]!, shape[1]!, ...sizes];
}

const maxPool: OpSpec<PoolGeometry> = {
  infer: ([x], geometry) => [{ dtype: x!.dtype, shape: pooledShape(rankOf(x!, 4, "a map [N, C, H, W]"), geometry) }],
  // ONNX Runtime rounds up differently; padding that makes the windows end exactly at the edge leaves nothing to round.
  // It also refuses padding as wide as the kernel, however far the kernel is dilated: that is then done in front.
  lower: ([x], geometry, target) => {
    const [height, width] = axes(geometry);
    if (target === "portable" && geometry.dilations.some((d) => d !== 1))
      return [contests(x!, [height, width]).rows.largest()];
    const [top, left] = geometry.pads;
    const [bottom, right] = [height, width].map((window) =>
      geometry.ceilMode ? paddingBehind(x!.shape[window.axis]!, window) : window.after,
    ) as [Dim, Dim];
    const known = typeof bottom === "number" && typeof right === "number";
    const pads = known ? ([top, left, Math.max(bottom, 0), Math.max(right, 0)] as const) : null;
    const fits = pads?.every((p, i) => p < geometry.kernel[i % 2]!);
    if (fits && !geometry.ceilMode) return null;
    if (fits) return [MaxPool(x!, geometry.kernel, { ...geometry, ceilMode: false, pads: pads! })];
    const padded = Pad(x!, [0, 0, top, left], [0, 0, bottom, right], "constant", lowest);
    return [MaxPool(padded, geometry.kernel, { ...geometry, ceilMode: false, pads: [0, 0, 0, 0] })];
  },
  emit: ({ kernel, strides, pads, dilations }) => ({
    attributes: { kernel_shape: kernel, strides, pads, dilations },
  }),
};

const maxUnpool: OpSpec<PoolGeometry> = {
  infer: ([x, v], geometry) => {
    const pooled = pooledShape(rankOf(x!, 4, "a map [N, C, H, W]"), geometry);
    if (shapeText(v!.shape) !== shapeText(pooled)) throw mismatch(`values ${shapeText(pooled)}`, shapeText(v!.shape));
    return [{ dtype: commonType([x!, v!]), shape: x!.shape }];
  },
  lower: ([x, v], geometry) => {
    const [height, width] = axes(geometry);
    const { rows, columns, inColumns } = contests(x!, [height, width]);
    const inRows = gatherTaps(toWinners(v!, rows.beats), inColumns, height);
    return [gatherTaps(toWinners(inRows, columns.beats), x!, width)];
  },
};

const maxPoolGather: OpSpec<PoolGeometry> = {
  infer: ([x, u], geometry) => {
    if (!u!.shape.every((d, i) => d === 1 || shapeText([d]) === shapeText([x!.shape[i]!])))
      throw mismatch(`values like the map ${shapeText(x!.shape)}`, shapeText(u!.shape));
    return [{ dtype: u!.dtype, shape: pooledShape(rankOf(x!, 4, "a map [N, C, H, W]"), geometry) }];
  },
  lower: ([x, u], geometry) => {
    const [height, width] = axes(geometry);
    const { rows, columns } = contests(x!, [height, width]);
    const inRows = fromWinners(windowTaps(u!, width, 0), columns.beats);
    return [Expand(fromWinners(windowTaps(inRows, height, 0), rows.beats), pooledShape(x!.shape, geometry))];
  },
};

export const poolOps = { MaxPool: maxPool, MaxUnpool: maxUnpool, MaxPoolGather: maxPoolGather } satisfies Record<
  string,
  OpSpec
>;

/** Largest element of each window: [N, C, H, W] to [N, C, Ho, Wo]; padding never wins. */
export const MaxPool = (x: Value, kernel: readonly [number, number], options: PoolOptions = {}): Value =>
  apply1("MaxPool", maxPool, [x], poolGeometry(kernel, options));

/** `v` [N, C, Ho, Wo] put where the same pooling of `x` [N, C, H, W] finds its maxima, zeros elsewhere; windows that overlap add. */
export const MaxUnpool = (x: Value, v: Value, kernel: readonly [number, number], options: PoolOptions = {}): Value =>
  apply1("MaxUnpool", maxUnpool, [x, v], poolGeometry(kernel, options));

/** Elements of `u` [N, C, H, W] from the places where the pooling of `x` finds its maxima: [N, C, Ho, Wo]. */
export const MaxPoolGather = (
  x: Value,
  u: Value,
  kernel: readonly [number, number],
  options: PoolOptions = {},
): Value => apply1("MaxPoolGather", maxPoolGather, [x, u], poolGeometry(kernel, options));

/** Places `row * W + column` of the maxima of each window (int32 [N, C, Ho, Wo]), as PyTorch's `return_indices` counts them. */
export function MaxPoolIndices(x: Value, kernel: readonly [number, number], options: PoolOptions = {}): Value {
  const [h, w] = x.shape.slice(2) as [number, number];
  const places = x.graph.constant(
    Int32Array.from({ length: h * w }, (_, i) => i),
    [1, 1, h, w],
  );
  return MaxPoolGather(x, places, kernel, options);
}

/** `v` [N, C, Ho, Wo] written at the places `indices` (int32 or int64, `row * W + column`) of a map of zeros [N, C, H, W]. */
export function MaxUnpoolAt(v: Value, indices: Value, [h, w]: readonly [number, number]): Value {
  const [n, c, ho, wo] = v.shape as [Dim, Dim, number, number];
  const zeros = Expand(v.graph.scalar(0, v.dtype), [n, c, h * w]);
  const flat = [n, c, ho * wo];
  return Reshape(ScatterElements(zeros, Reshape(indices, flat), Reshape(v, flat), 2), [n, c, h, w]);
}
