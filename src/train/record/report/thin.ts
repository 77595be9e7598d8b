/** @file Long curves made short enough to draw: each column of the picture gets the mean of its points and their range. */

/** A point of a drawn curve; `low` and `high` bound the points it stands for. */
export interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Splits a curve into stretches without gaps, of at most about `columns` points altogether.
 *
 * @param points [x, y] with x rising; a null or non-finite y is a gap
 */
export function thin(points: readonly (readonly [number, number | null])[], columns: number): Drawn[][] {
  const stretches: Drawn[][] = [];
  const size = Math.max(1, Math.ceil(points.length / columns));
  let open: Drawn[] | undefined;
  for (let start = 0; start < points.length; start += size) {
    const group = points.slice(start, start + size).filter(([, y]) => y !== null && Number.isFinite(y));
    if (group.length === 0) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = [];
      stretches.push(open);
    }
    const ys = group.map(([, y]) => y!);
    const mean = (numbers: readonly number[]): number =>
      numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const x = mean(group.map(([value]) => value));
    open.push({ x, y: mean(ys), low: Math.min(...ys), high: Math.max(...ys) });
  }
  return stretches;
}
