/** @file Lines through measurements: what a step costs as a function of the pixels of its batch. */

export type Point = readonly [x: number, y: number];

/** `y = offset + slope * x` */
export interface Line {
  readonly offset: number;
  readonly slope: number;
}

/**
 * The line with the least sum of squared distances in y; level through the mean when all x are equal.
 *
 * A slope below zero is noise, since no step gets cheaper by more pixels: it becomes 0.
 */
export function fitLine(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number): number => points.reduce((sum, p) => sum + of(p), 0) / points.length;
  const [x0, y0] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  const together = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  const slope = spread > 0 ? Math.max(0, together / spread) : 0;
  return { offset: y0 - slope * x0, slope };
}

export const at = ({ offset, slope }: Line, x: number): number => offset + slope * x;
