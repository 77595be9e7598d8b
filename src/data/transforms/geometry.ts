/**
 * @file Where pixels come from: affine maps and warps from an output frame back to an input frame, and chains of them.
 *
 * Coordinates are continuous: pixel (row y, column x) covers [x, x+1) by [y, y+1) and its centre is (x+0.5, y+0.5).
 */

/** The size of an image in pixels. */
export interface Frame {
  readonly height: number;
  readonly width: number;
}

/** `u = a·x + b·y + c`, `v = d·x + e·y + f`: from (x, y) in the output to (u, v) in the input. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A map that is not affine, changing points in place: `(x, y)` in the output become points in the input. */
export interface Warp {
  move(x: Float64Array, y: Float64Array): void;
}

/** One geometric step for one image: the frame it makes, and where that frame's points lie in the frame before. */
export interface Placement {
  readonly frame: Frame;
  readonly map: Affine | Warp;
}

/** Several placements as one: maps in order from the last frame to the source, affine neighbours multiplied together. */
export interface Chain {
  readonly source: Frame;
  readonly frame: Frame;
  readonly maps: readonly (Affine | Warp)[];
}

export const identity: Affine = [1, 0, 0, 0, 1, 0];

/** The type guard that tells the two kinds of map apart. */
export function isAffine(map: Affine | Warp): map is Affine {
  return Array.isArray(map);
}

/** `second(first(point))`. */
export function compose(first: Affine, second: Affine): Affine {
  const [a, b, c, d, e, f] = first;
  const [p, q, r, s, t, u] = second;
  return [p * a + q * d, p * b + q * e, p * c + q * f + r, s * a + t * d, s * b + t * e, s * c + t * f + u];
}

/** The affine map that undoes `map`. Its determinant must not be 0. */
export function invert(map: Affine): Affine {
  const [a, b, c, d, e, f] = map;
  const determinant = a * e - b * d;
  const [p, q, s, t] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [p, q, -(p * c + q * f), s, t, -(s * c + t * f)];
}

/** `map` with `(x, y)` as the origin of both its sides: a rotation about a centre, for one. */
export function about(x: number, y: number, map: Affine): Affine {
  return compose(compose([1, 0, -x, 0, 1, -y], map), [1, 0, x, 0, 1, y]);
}

/**
 * Collapses the placements of a run of steps, so that the pixels are read once however many steps there are.
 *
 * What a crop cut away therefore comes back where a later rotation or reduction uncovers it, instead of fill:
 * more image, and no blur from resampling twice.
 */
export function chain(source: Frame, placements: readonly Placement[]): Chain {
  const maps: (Affine | Warp)[] = [];
  for (const { map } of [...placements].reverse()) {
    const last = maps.at(-1);
    if (last && isAffine(last) && isAffine(map)) maps[maps.length - 1] = compose(last, map);
    else maps.push(map);
  }
  return { source, frame: placements.at(-1)?.frame ?? source, maps };
}

/**
 * Where a point of the source lies after the placements; undefined outside the frame. A warp cannot be turned round and moves
 * little: it counts as none.
 */
export function pointIn(
  { height, width }: Frame,
  placements: readonly Placement[],
  point: readonly [number, number],
): readonly [x: number, y: number] | undefined {
  let [x, y] = point;
  for (const { map } of placements) {
    if (!isAffine(map)) continue;
    const [a, b, c, d, e, f] = invert(map);
    [x, y] = [a * x + b * y + c, d * x + e * y + f];
  }
  return x >= 0 && x < width && y >= 0 && y < height ? [x, y] : undefined;
}

/** The chain's map when it keeps rows rows and columns columns (scales, crops, flips), else undefined. */
export function axisMap({ maps }: Chain): Affine | undefined {
  if (maps.length === 0) return identity;
  const [map] = maps;
  return maps.length === 1 && isAffine(map!) && map[1] === 0 && map[3] === 0 ? map : undefined;
}

/** How many source pixels an output pixel covers along a side, on average over both axes; warps count as 1. */
export function reduction({ maps }: Chain): number {
  let area = 1;
  for (const map of maps) if (isAffine(map)) area *= Math.abs(map[0] * map[4] - map[1] * map[3]);
  return Math.sqrt(area);
}
