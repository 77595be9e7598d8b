/** @file ConfusionMatrix: integer pixel counts of truth against prediction, from which all region scores derive. */
import { DataError, UsageError } from "../errors/index.js";
import { isClass, type LabelMap, requireClassCount, requireSameSize } from "./label-map.js";

/**
 * What a predicted label outside 0..numClasses-1 on a valid pixel means.
 *
 * `error`: the pixel counts as a miss of its true class (the Cityscapes rule). `drop`: the pixel is left out (scikit-learn's rule).
 */
export type OutOfRangeRule = "error" | "drop";

export interface ConfusionOptions {
  /** Truth value whose pixels never count, whatever is predicted there. It may be a class: that class then has no scores. */
  ignoreIndex?: number | undefined;
  /** `error` unless given. Both rules read the same counts: out-of-range predictions are never lost. */
  predictionOutOfRange?: OutOfRangeRule;
}

/** A confusion matrix as plain JSON; `counts` has one row per true class and one column more than classes. */
export interface ConfusionJson {
  numClasses: number;
  ignoreIndex: number | null;
  predictionOutOfRange: OutOfRangeRule;
  counts: number[][];
  ignored: number;
  truthOutOfRange: number;
}

/**
 * Counts pixels by true class (row) and predicted class (column), exactly up to 2^53.
 *
 * A truth outside 0..numClasses-1 never counts; `ignored` and `truthOutOfRange` say how many there were. Out-of-range
 * predictions go to an extra last column. Counts add up over images, batches and workers.
 *
 * @example
 * const matrix = new ConfusionMatrix(2, { ignoreIndex: 255 });
 * matrix.add([0, 0, 1, 255], [0, 1, 1, 0]);
 * matrix.rows(); // [[1, 1], [0, 1]]
 */
export class ConfusionMatrix {
  readonly numClasses: number;
  readonly ignoreIndex: number | undefined;
  readonly predictionOutOfRange: OutOfRangeRule;
  /** `[numClasses, numClasses + 1]`, row-major; the last column holds the predictions out of range. */
  readonly counts: Float64Array;
  /** Pixels whose truth is `ignoreIndex`. */
  ignored = 0;
  /** Pixels whose truth is neither a class nor `ignoreIndex`. */
  truthOutOfRange = 0;

  /** @throws UsageError when numClasses is no positive integer. */
  constructor(numClasses: number, options: ConfusionOptions = {}) {
    requireClassCount(numClasses);
    this.numClasses = numClasses;
    this.ignoreIndex = options.ignoreIndex;
    this.predictionOutOfRange = options.predictionOutOfRange ?? "error";
    this.counts = new Float64Array(numClasses * (numClasses + 1));
  }

  /**
   * Counts the pixels of one image or batch, in one pass.
   *
   * @throws DataError when the lengths differ.
   */
  add(truth: ArrayLike<number>, prediction: ArrayLike<number>): this {
    if (truth.length !== prediction.length)
      throw new DataError({
        found: `the prediction has ${prediction.length} pixels`,
        expected: `${truth.length}, as many as the truth`,
        next: "Resize the prediction to the truth before comparing.",
      });
    const length = truth.length;
    // Neighbours mostly agree, so equal pairs are counted as runs: one addition to memory per run, not per pixel.
    for (let start = 0; start < length; ) {
      const t = truth[start]!;
      const p = prediction[start]!;
      let end = start + 1;
      while (end < length && truth[end] === t && prediction[end] === p) end++;
      this.count(t, p, end - start);
      start = end;
    }
    return this;
  }

  /**
   * Counts one image, checking height and width too (3x4 against 4x3 have equal lengths).
   *
   * @throws DataError when the sizes differ.
   */
  addMap(truth: LabelMap, prediction: LabelMap): this {
    requireSameSize(truth, prediction);
    return this.add(truth.data, prediction.data);
  }

  private count(truth: number, prediction: number, pixels: number): void {
    if (truth === this.ignoreIndex) this.ignored += pixels;
    else if (!isClass(truth, this.numClasses)) this.truthOutOfRange += pixels;
    else {
      const column = isClass(prediction, this.numClasses) ? prediction : this.numClasses;
      this.counts[truth * (this.numClasses + 1) + column]! += pixels;
    }
  }

  /**
   * Adds the counts of another matrix.
   *
   * @throws UsageError when the other one counts by other rules.
   */
  merge(other: ConfusionMatrix): this {
    for (const key of ["numClasses", "ignoreIndex", "predictionOutOfRange"] as const)
      if (this[key] !== other[key])
        throw new UsageError({ found: `a matrix with ${key} ${other[key]}`, expected: `${key} ${this[key]}` });
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
    this.ignored += other.ignored;
    this.truthOutOfRange += other.truthOutOfRange;
    return this;
  }

  /** Pixels of true class `truth` predicted as `prediction`. */
  at(truth: number, prediction: number): number {
    return this.counts[truth * (this.numClasses + 1) + prediction]!;
  }

  /** The counts as nested arrays `[numClasses][numClasses]`, or with the extra column `[numClasses][numClasses + 1]`. */
  rows(extraColumn = false): number[][] {
    const columns = this.numClasses + (extraColumn ? 1 : 0);
    return Array.from({ length: this.numClasses }, (_, t) => Array.from({ length: columns }, (_, p) => this.at(t, p)));
  }

  /** Counted pixels of each true class, under the rule for predictions out of range. */
  truthCounts(): Float64Array {
    const columns = this.numClasses + (this.predictionOutOfRange === "error" ? 1 : 0);
    const sums = new Float64Array(this.numClasses);
    for (let t = 0; t < this.numClasses; t++) for (let p = 0; p < columns; p++) sums[t]! += this.at(t, p);
    return sums;
  }

  /** Counted pixels of each predicted class. */
  predictionCounts(): Float64Array {
    const sums = new Float64Array(this.numClasses);
    for (let t = 0; t < this.numClasses; t++) for (let p = 0; p < this.numClasses; p++) sums[p]! += this.at(t, p);
    return sums;
  }

  /** Valid pixels whose predicted label is no class, under either rule. */
  outOfRangePredictions(): number {
    let sum = 0;
    for (let t = 0; t < this.numClasses; t++) sum += this.at(t, this.numClasses);
    return sum;
  }

  toJSON(): ConfusionJson {
    const { numClasses, predictionOutOfRange, ignored, truthOutOfRange } = this;
    const ignoreIndex = this.ignoreIndex ?? null;
    return { numClasses, ignoreIndex, predictionOutOfRange, counts: this.rows(true), ignored, truthOutOfRange };
  }

  /**
   * The matrix that `toJSON` wrote.
   *
   * @throws DataError when the counts do not fill `[numClasses, numClasses + 1]` with whole numbers from 0 on.
   */
  static fromJSON(json: ConfusionJson): ConfusionMatrix {
    const { numClasses, ignoreIndex, predictionOutOfRange } = json;
    const matrix = new ConfusionMatrix(numClasses, { ignoreIndex: ignoreIndex ?? undefined, predictionOutOfRange });
    const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
    const shaped = json.counts.length === numClasses && json.counts.every((row) => row.length === numClasses + 1);
    if (!shaped || ![...json.counts.flat(), json.ignored, json.truthOutOfRange].every(isCount))
      throw new DataError({
        found: "a stored confusion matrix with other counts",
        expected: `${numClasses} rows of ${numClasses + 1} whole numbers, from 0 on`,
      });
    matrix.counts.set(json.counts.flat());
    matrix.ignored = json.ignored;
    matrix.truthOutOfRange = json.truthOutOfRange;
    return matrix;
  }
}
