/**
 * @file Boundary pixels of label maps, and how many lie near those of another map. Shared by DAVIS F and the BF score.
 *
 * Work is proportional to the pixels (one pass) plus boundary pixels times radius, not to radius squared per pixel.
 */

/**
 * Boundary pixels of every class, as pixel indices in ascending order.
 *
 * A pixel is on the boundary of a class when its membership differs from that of its east, south or south-east neighbour; the
 * last row looks east only, the last column south only, the last pixel never (DAVIS `seg2bmap`). Labels outside
 * 0..numClasses-1 belong to no class.
 */
export function classBoundaries(
  labels: ArrayLike<number>,
  height: number,
  width: number,
  numClasses: number,
): number[][] {
  const boundaries: number[][] = Array.from({ length: numClasses }, () => []);
  for (let y = 0, i = 0; y < height; y++) {
    const down = y === height - 1 ? 0 : width;
    for (let x = 0; x < width; x++, i++) {
      const right = x === width - 1 ? 0 : 1;
      const own = labels[i]!;
      const east = labels[i + right]!;
      const south = labels[i + down]!;
      const southEast = down && right ? labels[i + width + 1]! : own;
      if (own === east && own === south && own === southEast) continue;
      // Every class among the four differs from one of the others, so the pixel is on the boundary of each, once.
      boundaries[own]?.push(i);
      if (east !== own) boundaries[east]?.push(i);
      if (south !== own && south !== east) boundaries[south]?.push(i);
      if (southEast !== own && southEast !== east && southEast !== south) boundaries[southEast]?.push(i);
    }
  }
  return boundaries;
}

/** Tolerance in pixels: `tolerance` itself from 1 on, else that share of the image diagonal, rounded up. */
export function toleranceRadius(tolerance: number, height: number, width: number): number {
  return tolerance >= 1 ? tolerance : Math.ceil(tolerance * Math.sqrt(height ** 2 + width ** 2));
}

/**
 * Counts the points within Euclidean distance `radius` of any seed, exactly.
 *
 * The distance to the nearest seed in the same column comes from two sweeps over the seeds' bounding box; each point then looks
 * only along its row, so it costs at most 2 radius + 1 steps.
 *
 * @param points pixel indices, seeds likewise; `width` is the row length they refer to.
 */
export function countNear(
  points: readonly number[],
  seeds: readonly number[],
  height: number,
  width: number,
  radius: number,
): number {
  if (points.length === 0 || seeds.length === 0) return 0;
  const span = Math.min(Math.floor(radius), Math.max(height, width));
  const columns = seeds.map((seed) => seed % width);
  const x0 = columns.reduce((a, b) => Math.min(a, b));
  const x1 = columns.reduce((a, b) => Math.max(a, b)) + 1;
  // Seeds ascend, so the first and last give the rows; beyond `span` rows nothing can be near.
  const y0 = Math.max(0, Math.floor(seeds[0]! / width) - span);
  const y1 = Math.min(height, Math.floor(seeds[seeds.length - 1]! / width) + 1 + span);
  const vertical = columnDistance(seeds, width, { y0, x0, y1, x1 });
  const boxWidth = x1 - x0;
  /** How far a seed may be above or below, for each step sideways. */
  const reach = Array.from({ length: span + 1 }, (_, dx) => Math.floor(Math.sqrt(radius ** 2 - dx ** 2)));
  let near = 0;
  for (const point of points) {
    const y = Math.floor(point / width);
    if (y < y0 || y >= y1) continue;
    const x = (point % width) - x0;
    const row = (y - y0) * boxWidth;
    for (let dx = 0; dx <= span; dx++)
      if (
        (x + dx >= 0 && x + dx < boxWidth && vertical[row + x + dx]! <= reach[dx]!) ||
        (x - dx >= 0 && x - dx < boxWidth && vertical[row + x - dx]! <= reach[dx]!)
      ) {
        near++;
        break;
      }
  }
  return near;
}

/** Distance of each pixel of a box to the nearest seed in its column; a huge number where the column has none. */
function columnDistance(
  seeds: readonly number[],
  width: number,
  { y0, x0, y1, x1 }: { y0: number; x0: number; y1: number; x1: number },
): Int32Array {
  const boxWidth = x1 - x0;
  const distance = new Int32Array((y1 - y0) * boxWidth).fill(2 ** 30);
  for (const seed of seeds) distance[(Math.floor(seed / width) - y0) * boxWidth + (seed % width) - x0] = 0;
  for (let i = boxWidth; i < distance.length; i++) {
    const above = distance[i - boxWidth]! + 1;
    if (above < distance[i]!) distance[i] = above;
  }
  for (let i = distance.length - boxWidth - 1; i >= 0; i--) {
    const below = distance[i + boxWidth]! + 1;
    if (below < distance[i]!) distance[i] = below;
  }
  return distance;
}

export interface BoundaryMatch {
  /** Share of the predicted boundary near the true one. */
  readonly precision: number;
  /** Share of the true boundary near the predicted one. */
  readonly recall: number;
  /** `2 P R / (P + R)`, 0 when both are 0. */
  readonly f: number;
}

/**
 * Precision, recall and F of two boundaries, given as ascending pixel indices.
 *
 * Rules of DAVIS for empty boundaries: both empty (1, 1), prediction empty (1, 0), truth empty (0, 1).
 */
export function matchBoundaries(
  truth: readonly number[],
  prediction: readonly number[],
  height: number,
  width: number,
  radius: number,
): BoundaryMatch {
  const share = (points: readonly number[], seeds: readonly number[]): number =>
    points.length === 0 ? 1 : countNear(points, seeds, height, width, radius) / points.length;
  const [precision, recall] = [share(prediction, truth), share(truth, prediction)];
  return { precision, recall, f: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
