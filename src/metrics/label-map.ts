/** @file LabelMap: one class index per pixel, the form in which every metric takes truth and prediction. */
import { DataError, UsageError } from "../errors/index.js";

/** A class index for each pixel, rows from the top left; any array of numbers will do, also with indices above 255. */
export interface LabelMap {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/**
 * Checks that two maps cover the same pixels.
 *
 * @throws DataError when a map's data do not fill its height and width, or when the two sizes differ (also 3x4 against 4x3).
 */
export function requireSameSize(truth: LabelMap, prediction: LabelMap): void {
  for (const [name, map] of [
    ["truth", truth],
    ["prediction", prediction],
  ] as const) {
    if (map.data.length !== map.height * map.width)
      throw new DataError({
        found: `the ${name} has ${map.data.length} pixels`,
        expected: `${map.height}x${map.width} = ${map.height * map.width}`,
      });
  }
  if (truth.height !== prediction.height || truth.width !== prediction.width)
    throw new DataError({
      found: `the prediction is ${prediction.height}x${prediction.width}`,
      expected: `${truth.height}x${truth.width}, the size of the truth`,
      next: "Resize the prediction to the truth (nearest neighbour), never the truth to the prediction.",
    });
}

/** True for an integer in [0, numClasses); false for negative numbers, fractions and NaN. */
export function isClass(label: number, numClasses: number): boolean {
  return label >>> 0 === label && label < numClasses;
}

/** @throws UsageError when `numClasses` is no positive integer. */
export function requireClassCount(numClasses: number): void {
  if (!Number.isSafeInteger(numClasses) || numClasses < 1)
    throw new UsageError({ found: `numClasses is ${numClasses}`, expected: "a positive integer" });
}
