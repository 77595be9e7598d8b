/**
 * @file Region scores of a confusion matrix: per class, and averaged over pixels or classes.
 *
 * With n_ij pixels of class i predicted as j, row_i = sum_j n_ij and col_j = sum_i n_ij. All values lie in [0, 1] (kappa in
 * [-1, 1]); a quotient 0/0 is NaN, never 0, and `AbsentRule` says what such a class does to a mean.
 * Definitions of PA, MPA, mIoU and FWIoU: Long et al. 2015, https://arxiv.org/abs/1411.4038, section 5.
 */
import type { ConfusionMatrix } from "./confusion.js";
import { type AbsentRule, meanOverClasses } from "./mean.js";

/** Calls `value(n_ii, row_i, col_i)` for each class; a class that is ignored by rule gets NaN. */
function perClass(matrix: ConfusionMatrix, value: (hit: number, row: number, col: number) => number): Float64Array {
  const [rows, cols] = [matrix.truthCounts(), matrix.predictionCounts()];
  return rows.map((row, i) => (i === matrix.ignoreIndex ? Number.NaN : value(matrix.at(i, i), row, cols[i]!)));
}

function sum(values: ArrayLike<number>): number {
  return Array.prototype.reduce.call(values, (a, b) => (a as number) + (b as number), 0) as number;
}

/** Correctly labelled pixels. */
export function correctPixels(matrix: ConfusionMatrix): number {
  return sum(Array.from({ length: matrix.numClasses }, (_, i) => matrix.at(i, i)));
}

/** Pixels that count: valid truth, and a prediction in range unless the rule for those is `error`. */
export function countedPixels(matrix: ConfusionMatrix): number {
  return sum(matrix.truthCounts());
}

/** Intersection over union of each class, `n_ii / (row_i + col_i - n_ii)`; NaN for a class in neither map. */
export function classIou(matrix: ConfusionMatrix): Float64Array {
  return perClass(matrix, (hit, row, col) => hit / (row + col - hit));
}

/** Dice coefficient (F1) of each class, `2 n_ii / (row_i + col_i)`; NaN for a class in neither map. */
export function classDice(matrix: ConfusionMatrix): Float64Array {
  return perClass(matrix, (hit, row, col) => (2 * hit) / (row + col));
}

/** Recall (class accuracy) of each class, `n_ii / row_i`; NaN for a class without true pixels. */
export function classRecall(matrix: ConfusionMatrix): Float64Array {
  return perClass(matrix, (hit, row) => hit / row);
}

/** Precision of each class, `n_ii / col_i`; NaN for a class that was never predicted. */
export function classPrecision(matrix: ConfusionMatrix): Float64Array {
  return perClass(matrix, (hit, _row, col) => hit / col);
}

/** Mean of one value per class; a class that is ignored by rule takes no part, whatever `absent` says. */
export function meanScore(matrix: ConfusionMatrix, values: ArrayLike<number>, absent: AbsentRule = "skip"): number {
  const takesPart = (_: unknown, index: number): boolean => index !== matrix.ignoreIndex;
  const rows = matrix.truthCounts();
  return meanOverClasses(Array.from(values).filter(takesPart), absent, rows.filter(takesPart));
}

/** Share of correct pixels (PA), `sum n_ii / sum n_ij`; NaN when nothing was counted. */
export function pixelAccuracy(matrix: ConfusionMatrix): number {
  return correctPixels(matrix) / countedPixels(matrix);
}

/** Mean class accuracy (MPA): the mean of `classRecall`. */
export function meanPixelAccuracy(matrix: ConfusionMatrix, absent: AbsentRule = "skip"): number {
  return meanScore(matrix, classRecall(matrix), absent);
}

/** Mean intersection over union (mIoU, the macro average): the mean of `classIou`. */
export function meanIou(matrix: ConfusionMatrix, absent: AbsentRule = "skip"): number {
  return meanScore(matrix, classIou(matrix), absent);
}

/** Mean Dice coefficient: the mean of `classDice`. */
export function meanDice(matrix: ConfusionMatrix, absent: AbsentRule = "skip"): number {
  return meanScore(matrix, classDice(matrix), absent);
}

/** IoU weighted by how often each class is true (FWIoU), `sum row_i / total * iou_i` over the classes with true pixels. */
export function frequencyWeightedIou(matrix: ConfusionMatrix): number {
  const [rows, iou] = [matrix.truthCounts(), classIou(matrix)];
  const total = sum(rows);
  return total === 0 ? Number.NaN : sum(rows.map((row, i) => (row > 0 ? (row / total) * iou[i]! : 0)));
}

/** Pixels predicted as a class that takes part. */
function predictedPixels(matrix: ConfusionMatrix): number {
  return sum(matrix.predictionCounts().map((col, i) => (i === matrix.ignoreIndex ? 0 : col)));
}

/** IoU of all classes' pixels pooled (micro average), `TP / (TP + FP + FN)` with each summed over classes. */
export function microIou(matrix: ConfusionMatrix): number {
  const hit = correctPixels(matrix);
  return hit / (countedPixels(matrix) + predictedPixels(matrix) - hit);
}

/** Dice of all classes' pixels pooled (micro average), `2 TP / (2 TP + FP + FN)` with each summed over classes. */
export function microDice(matrix: ConfusionMatrix): number {
  return (2 * correctPixels(matrix)) / (countedPixels(matrix) + predictedPixels(matrix));
}

/**
 * Cohen's kappa, agreement beyond chance: `(pa - pe) / (1 - pe)`, `pe = sum row_i col_i / total^2`.
 *
 * NaN when chance alone would agree everywhere (truth and prediction hold one and the same class).
 */
export function kappa(matrix: ConfusionMatrix): number {
  const [rows, cols] = [matrix.truthCounts(), matrix.predictionCounts()];
  const total = sum(rows);
  // Divided before multiplied: row * col leaves the exact integers from about 10^8 pixels on.
  const chance = sum(rows.map((row, i) => (row / total) * (cols[i]! / total)));
  return (pixelAccuracy(matrix) - chance) / (1 - chance);
}
