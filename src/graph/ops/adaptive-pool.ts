/**
 * @file Pooling to a given number of windows. Window i of `o` over `n` elements covers `floor(i*n/o)` up to, not
 * including, `ceil((i+1)*n/o)`: neighbours overlap where `o` does not divide `n`, and repeat where `o` is larger.
 */
import { ceilDiv, type Dim, floorDiv, mul } from "../dim.js";
import type { Value } from "../types.js";
import { Greater, Where } from "./arithmetic.js";
import { type AxisMatrix, axisMatrix, MapAxes } from "./axis-matrices.js";
import { ReduceMax, ReduceMean } from "./reduce.js";
import { refusal } from "./refusal.js";
import { Concat, Gather, Slice } from "./shape.js";

/** First element of window i, and one past its last. */
const bounds = (size: Dim, windows: number, i: number): [Dim, Dim] => [
  floorDiv(mul(size, i), windows),
  ceilDiv(mul(size, i + 1), windows),
];

/** Row i averages window i; also the matrix of PyTorch's `area` interpolation. */
export const adaptiveMatrix = (from: number, to: number): AxisMatrix =>
  axisMatrix(from, to, (i) => {
    const [start, end] = bounds(from, to, i) as [number, number];
    return Array.from({ length: end - start }, (_, j) => [start + j, 1 / (end - start)] as const);
  });

/** Along one axis of a map of unknown size: each window is a slice whose ends are computed when the model runs. */
function eachWindow(x: Value, axis: 2 | 3, windows: number, reduce: (part: Value) => Value): Value {
  const parts = Array.from({ length: windows }, (_, i) => {
    const [start, end] = bounds(x.shape[axis]!, windows, i);
    return reduce(Slice(x, [axis], [start], [end]));
  });
  return Concat(parts, axis);
}

/** Mean of each of `size` (height, width) windows: [N, C, H, W] to [N, C, ...size]. */
export function AdaptiveAveragePool(x: Value, size: readonly [number, number]): Value {
  if (size.every((s) => s === 1)) return ReduceMean(x, { axes: [2, 3], keepdims: true });
  const [h, w] = [x.shape[2]!, x.shape[3]!];
  if (typeof h === "number" && typeof w === "number")
    return MapAxes(x, adaptiveMatrix(h, size[0]), adaptiveMatrix(w, size[1]));
  const rows = eachWindow(x, 2, size[0], (part) => ReduceMean(part, { axes: [2], keepdims: true }));
  return eachWindow(rows, 3, size[1], (part) => ReduceMean(part, { axes: [3], keepdims: true }));
}

/** Largest element of each of `size` (height, width) windows: [N, C, H, W] to [N, C, ...size]; the first of equals gets the gradient. */
export function AdaptiveMaxPool(x: Value, size: readonly [number, number]): Value {
  if (typeof x.shape[2] === "number" && typeof x.shape[3] === "number") return maxima(x, x, size).largest;
  const rows = eachWindow(x, 2, size[0], (part) => ReduceMax(part, { axes: [2], keepdims: true }));
  return eachWindow(rows, 3, size[1], (part) => ReduceMax(part, { axes: [3], keepdims: true }));
}

/** Places `row * W + column` of the largest elements (int32 [N, C, ...size]). */
export function AdaptiveMaxPoolIndices(x: Value, size: readonly [number, number]): Value {
  const [, , h, w] = x.shape as [Dim, Dim, number, number];
  if (typeof h !== "number" || typeof w !== "number")
    throw refusal("AdaptiveMaxPoolIndices", [x], "a map of known height and width", "an unknown size");
  const places = x.graph.constant(
    Int32Array.from({ length: h * w }, (_, i) => i),
    [1, 1, h, w],
  );
  return maxima(x, places, size).carried;
}

/** Columns first, rows second, each won by the first of equals: the first maximum in row-major order. */
function maxima(x: Value, carried: Value, size: readonly [number, number]): { largest: Value; carried: Value } {
  return contest(contest({ largest: x, carried }, 3, size[1]), 2, size[0]);
}

/** The largest element of each window along an axis, and what `carried` has at its place. */
function contest(state: { largest: Value; carried: Value }, axis: 2 | 3, windows: number) {
  const size = state.largest.shape[axis] as number;
  const ranges = Array.from({ length: windows }, (_, i) => bounds(size, windows, i) as [number, number]);
  const longest = Math.max(...ranges.map(([start, end]) => end - start));
  // A window shorter than the longest looks at its first element again, which never beats itself.
  const tap = (v: Value, j: number) =>
    Gather(
      v,
      v.graph.constant(
        BigInt64Array.from(ranges, ([start, end]) => BigInt(start + j < end ? start + j : start)),
        [windows],
      ),
      axis,
    );
  let [largest, carried] = [tap(state.largest, 0), tap(state.carried, 0)];
  const same = state.largest === state.carried;
  for (let j = 1; j < longest; j++) {
    const rival = tap(state.largest, j);
    const beats = Greater(rival, largest);
    carried = same ? carried : Where(beats, tap(state.carried, j), carried);
    largest = Where(beats, rival, largest);
  }
  return { largest, carried: same ? largest : carried };
}
