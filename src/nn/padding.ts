/** @file Padding a map to a size that a network can take, and cropping back; sizes may be symbolic. */
import { ShapeError } from "../errors/index.js";
import { ceilDiv, type Dim, max, min, mul, shapeText, sub } from "../graph/dim.js";
import { Pad, Slice } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import type { Scope } from "./scope.js";

/**
 * What is added: `replicate` (the default) repeats the last row and column, so that no artificial edge appears at the
 * border; `zero` adds zeros as a convolution's own padding does.
 */
export type PaddingMode = "replicate" | "zero";

export interface Padded {
  /** The map with rows added below and columns added at the right. */
  readonly padded: Value;
  /** Cuts a map of the padded size back to the size before. */
  crop(x: Value): Value;
}

function padTo(scope: Scope, x: Value, wanted: (size: Dim) => Dim, mode: PaddingMode): Padded {
  const [, , height, width] = x.shape as [Dim, Dim, Dim, Dim];
  const [bottom, right] = [sub(wanted(height), height), sub(wanted(width), width)];
  const padded = scope.run(() =>
    Pad(x, [0, 0, 0, 0], [0, 0, bottom, right], mode === "replicate" ? "edge" : "constant"),
  );
  return { padded, crop: (y) => scope.run(() => Slice(y, [2, 3], [0, 0], [height, width])) };
}

/** Pads [N, C, H, W] below and at the right until height and width are multiples of `multiple`. */
export const padToMultiple = (scope: Scope, x: Value, multiple: number, mode: PaddingMode = "replicate"): Padded =>
  padTo(scope, x, (size) => mul(ceilDiv(size, multiple), multiple), mode);

/** Pads [N, C, H, W] below and at the right where height or width is less than `least`. */
export const padToAtLeast = (scope: Scope, x: Value, least: number, mode: PaddingMode = "replicate"): Padded =>
  padTo(scope, x, (size) => max(size, least), mode);

/** Least height and width that `mirrorAround` takes. */
const leastMirrored = 32;

/**
 * [N, C, H, W] with `amount` more rows and columns on each side, mirrored at the outer pixels' centres; more than once where
 * the image is smaller than that.
 *
 * @throws ShapeError for images below 32x32.
 */
export function mirrorAround(scope: Scope, x: Value, amount: number): Value {
  const sides = x.shape.slice(2) as [Dim, Dim];
  if (sides.some((side) => typeof side === "number" && side < leastMirrored))
    throw new ShapeError({
      layer: scope.path,
      expected: `an image of at least ${leastMirrored}x${leastMirrored} pixels, to be mirrored around itself`,
      found: shapeText(x.shape),
      next: "Use larger images.",
    });
  // One turn can give all but one row of a map; the smallest map needs the most turns.
  const turns = (side: number, rest: number): number => {
    const taken = Math.min(rest, side - 1);
    return taken === rest ? 1 : 1 + turns(side + 2 * taken, rest - taken);
  };
  let [y, rest]: [Value, readonly Dim[]] = [x, [amount, amount]];
  for (let turn = turns(leastMirrored, amount); turn > 0; turn--) {
    const taken = rest.map((left, i) => min(left, sub(y.shape[i + 2]!, 1)));
    const around = [0, 0, ...taken];
    y = scope.run(() => Pad(y, around, around, "reflect"));
    rest = rest.map((left, i) => sub(left, taken[i]!));
  }
  return y;
}
