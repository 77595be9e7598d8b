/**
 * @file Pooling windows without indices, one axis at a time: the map is cut into its phases (elements 0, s, 2s, ... then
 * 1, s+1, ...), so every tap of the window is a contiguous part of a phase. Made of Pad, Split and Concat, which run alike
 * on every device; on CPU they are faster than MaxPool with Indices and than strided slices.
 */
import { add, mul, type Shape, sub } from "../dim.js";
import type { Value } from "../types.js";
import { Add, Cast, Greater, Max, Mul, Sub, Where } from "./arithmetic.js";
import { type PoolAxis, poolSize } from "./pool-geometry.js";
import { Concat, Expand, Pad, Reshape, Slice, Split } from "./shape.js";

/** What padding holds where the largest wins: the lowest float32, because shaders may not know infinity. */
export const lowest = -3.4028234663852886e38;

const replace = (shape: Shape, axis: number, ...sizes: Shape): Shape => [
  ...shape.slice(0, axis),
  ...sizes,
  ...shape.slice(axis + 1),
];

const padAxis = (x: Value, axis: number, before: Shape[number], after: Shape[number], fill: number): Value => {
  const along = (d: Shape[number]) => x.shape.map((_, i) => (i === axis ? d : 0));
  return Pad(x, along(before), along(after), "constant", fill);
};

/** Where the taps of a window lie: phase and place within the phase. */
function layout(x: Value, window: PoolAxis) {
  const { axis, kernel, stride, dilation, before } = window;
  const count = poolSize(x.shape[axis]!, window);
  const length = add(count, Math.floor((dilation * (kernel - 1)) / stride));
  const behind = sub(mul(length, stride), add(x.shape[axis]!, before));
  const taps = Array.from({ length: kernel }, (_, j) => ({
    phase: (j * dilation) % stride,
    shift: Math.floor((j * dilation) / stride),
  }));
  return { count, length, behind, taps };
}

/** What each tap of the windows along an axis sees: `kernel` maps whose axis has one element for each window. */
export function windowTaps(x: Value, window: PoolAxis, fill: number): Value[] {
  const { axis, stride, before } = window;
  const { count, length, behind, taps } = layout(x, window);
  const padded = padAxis(x, axis, before, behind, fill);
  const phases = Split(
    Reshape(padded, replace(x.shape, axis, length, stride)),
    axis + 1,
    Array.from({ length: stride }, () => 1),
  );
  return taps.map(({ phase, shift }) =>
    Slice(Reshape(phases[phase]!, replace(x.shape, axis, length)), [axis], [shift], [add(count, shift)]),
  );
}

/** The adjoint of `windowTaps`: a map like `x` in which every tap's values are added where the tap looked. */
export function gatherTaps(parts: readonly Value[], x: Value, window: PoolAxis): Value {
  const { axis, stride, before } = window;
  const { length, behind, taps } = layout(x, window);
  const phases = Array.from({ length: stride }, (_, phase) => {
    const placed = taps.flatMap((tap, j) =>
      tap.phase === phase
        ? [padAxis(parts[j]!, axis, tap.shift, sub(length, add(parts[j]!.shape[axis]!, tap.shift)), 0)]
        : [],
    );
    const sum = placed.length > 0 ? placed.reduce((a, b) => Add(a, b)) : zeros(parts[0]!, axis, length);
    return Reshape(sum, replace(sum.shape, axis, length, 1));
  });
  const whole = Reshape(Concat(phases, axis + 1), replace(parts[0]!.shape, axis, mul(length, stride)));
  const cut = padAxis(whole, axis, -before, sub(0, behind), 0);
  return Reshape(cut, replace(cut.shape, axis, x.shape[axis]!));
}

const zeros = (like: Value, axis: number, length: Shape[number]): Value =>
  Expand(like.graph.scalar(0, like.dtype), replace(like.shape, axis, length));

/** For each tap but the first whether it beats all before it: the last that does holds the first maximum. */
export interface Contest {
  readonly beats: readonly Value[];
  /** Appends the last comparison's winner; left out where only the places count. */
  readonly largest: () => Value;
}

function contest(taps: readonly Value[]): Contest {
  const beats: Value[] = [];
  let largest = () => taps[0]!;
  for (const tap of taps.slice(1)) {
    const champion = largest();
    beats.push(Greater(tap, champion));
    largest = () => Max(champion, tap);
  }
  return { largest, beats };
}

/**
 * The contests along width and then along height. Columns first and rows second, each won by the first of equals, finds
 * the first maximum of a window in row-major order.
 */
export function contests(
  x: Value,
  [height, width]: readonly [PoolAxis, PoolAxis],
): { rows: Contest; columns: Contest; inColumns: Value } {
  const columns = contest(windowTaps(x, width, lowest));
  const inColumns = columns.largest();
  return { rows: contest(windowTaps(inColumns, height, lowest)), columns, inColumns };
}

/** Gives each value to the tap that won: products with 0 and 1, three times faster than selections on CPU. */
export function toWinners(value: Value, beats: readonly Value[]): Value[] {
  const parts: Value[] = [];
  let rest = value;
  for (const beat of [...beats].reverse()) {
    const taken = Mul(rest, Cast(beat, value.dtype));
    parts.unshift(taken);
    rest = Sub(rest, taken);
  }
  return [rest, ...parts];
}

/** Takes the value of the tap that won. */
export const fromWinners = (taps: readonly Value[], beats: readonly Value[]): Value =>
  beats.reduce((chosen, beat, j) => Where(beat, taps[j + 1]!, chosen), taps[0]!);
