/**
 * @file True and false positives and negatives of each image and class, for batches of equal size.
 *
 * Counts equal `segmentation_models_pytorch.metrics.get_stats`; `stat-scores.ts` turns them into scores.
 */
import { DataError, ShapeError, UsageError } from "../errors/index.js";
import { isClass, requireClassCount } from "./label-map.js";

/** What to count. Impossible pairs (a threshold on class indices) do not type-check. */
export type StatOptions =
  | {
      /** Class indices, shapes `[N, ...]`. */
      task: "multiclass";
      shape: readonly number[];
      numClasses: number;
      /** Truth value whose pixels never count. */
      ignoreIndex?: number;
    }
  | {
      /** One map per class, shapes `[N, C, ...]`; binary means C = 1. */
      task: "binary" | "multilabel";
      shape: readonly number[];
      /** Values from here on are positive, in the prediction and in the truth. Without it both must hold 0 and 1 alone. */
      threshold?: number;
      /** Truth value whose elements never count. */
      ignoreIndex?: number;
    };

/** Counts of each image and class, arrays `[numImages, numClasses]` row-major. */
export interface StatCounts {
  readonly numImages: number;
  readonly numClasses: number;
  readonly tp: Float64Array;
  readonly fp: Float64Array;
  readonly fn: Float64Array;
  readonly tn: Float64Array;
  /** Elements whose truth is `ignoreIndex`. */
  readonly ignored: number;
  /** Elements whose truth is no class: a false positive of the predicted class, a negative of all others. */
  readonly truthOutOfRange: number;
  /** Elements whose prediction is no class though the truth is: a false negative of the true class. */
  readonly predictionOutOfRange: number;
}

function emptyCounts(numImages: number, numClasses: number) {
  const zeros = () => new Float64Array(numImages * numClasses);
  return {
    numImages,
    numClasses,
    tp: zeros(),
    fp: zeros(),
    fn: zeros(),
    tn: zeros(),
    ignored: 0,
    truthOutOfRange: 0,
    predictionOutOfRange: 0,
  };
}

function multiclass(
  prediction: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: StatOptions & { task: "multiclass" },
): StatCounts {
  const [numImages = 0, ...rest] = options.shape;
  const { numClasses, ignoreIndex } = options;
  const pixels = rest.reduce((a, b) => a * b, 1);
  const counts = emptyCounts(numImages, numClasses);
  for (let image = 0; image < numImages; image++) {
    const row = image * numClasses;
    let counted = 0;
    for (let i = image * pixels; i < (image + 1) * pixels; i++) {
      const [t, p] = [truth[i]!, prediction[i]!];
      if (t === ignoreIndex) {
        counts.ignored++;
        continue;
      }
      counted++;
      const [truthIsClass, predictionIsClass] = [isClass(t, numClasses), isClass(p, numClasses)];
      if (!truthIsClass) counts.truthOutOfRange++;
      else if (t === p) counts.tp[row + t]!++;
      else counts.fn[row + t]!++;
      if (predictionIsClass && t !== p) counts.fp[row + p]!++;
      if (truthIsClass && !predictionIsClass) counts.predictionOutOfRange++;
    }
    for (let c = row; c < row + numClasses; c++) counts.tn[c] = counted - counts.tp[c]! - counts.fp[c]! - counts.fn[c]!;
  }
  return counts;
}

function positive(value: number, threshold: number | undefined, name: string): boolean {
  if (threshold !== undefined) return value >= threshold;
  if (value === 0 || value === 1) return value === 1;
  throw new DataError({
    found: `the ${name} holds the value ${value}`,
    expected: "0 and 1 alone",
    next: "Give a threshold for probabilities or 0/255 masks, or an ignoreIndex for a void value.",
  });
}

function perLabel(
  prediction: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: StatOptions & { task: "binary" | "multilabel" },
): StatCounts {
  const [numImages = 0, numClasses = 0, ...rest] = options.shape;
  if (options.task === "binary" && numClasses !== 1)
    throw new ShapeError({
      found: `a binary task with shape [${options.shape}]`,
      expected: "[N, 1, ...]",
      next: "Insert the class axis, or use task multilabel.",
    });
  const { threshold, ignoreIndex } = options;
  const pixels = rest.reduce((a, b) => a * b, 1);
  const counts = emptyCounts(numImages, numClasses);
  for (let map = 0; map < numImages * numClasses; map++)
    for (let i = map * pixels; i < (map + 1) * pixels; i++) {
      if (truth[i] === ignoreIndex) {
        counts.ignored++;
        continue;
      }
      const t = positive(truth[i]!, threshold, "truth");
      const p = positive(prediction[i]!, threshold, "prediction");
      const cell = t ? (p ? counts.tp : counts.fn) : p ? counts.fp : counts.tn;
      cell[map]!++;
    }
  return counts;
}

/**
 * Counts a batch.
 *
 * @param prediction class indices for `multiclass`; 0 and 1, or numbers to be thresholded, for `binary` and `multilabel`.
 * @throws ShapeError when an array does not fill the shape; DataError for a value that is neither 0 nor 1 without threshold.
 */
export function statCounts(prediction: ArrayLike<number>, truth: ArrayLike<number>, options: StatOptions): StatCounts {
  const length = options.shape.reduce((a, b) => a * b, 1);
  if (prediction.length !== length || truth.length !== length)
    throw new ShapeError({
      found: `${prediction.length} predicted and ${truth.length} true values`,
      expected: `${length} each, for shape [${options.shape}]`,
    });
  if (options.task !== "multiclass") return perLabel(prediction, truth, options);
  requireClassCount(options.numClasses);
  return multiclass(prediction, truth, options);
}

/**
 * The counts of several batches as those of one, images in order; batches may differ in image size.
 *
 * @throws UsageError when the numbers of classes differ or there is no batch.
 */
export function concatStatCounts(batches: readonly StatCounts[]): StatCounts {
  const numClasses = batches[0]?.numClasses;
  if (numClasses === undefined || batches.some((batch) => batch.numClasses !== numClasses))
    throw new UsageError({
      found: `batches with ${batches.map((batch) => batch.numClasses).join(", ") || "no"} classes`,
      expected: "at least one batch, all with the same classes",
    });
  const total = (pick: (batch: StatCounts) => number): number => batches.reduce((sum, batch) => sum + pick(batch), 0);
  const join = (key: "tp" | "fp" | "fn" | "tn") => Float64Array.from(batches.flatMap((batch) => [...batch[key]]));
  return {
    numImages: total((batch) => batch.numImages),
    numClasses,
    tp: join("tp"),
    fp: join("fp"),
    fn: join("fn"),
    tn: join("tn"),
    ignored: total((batch) => batch.ignored),
    truthOutOfRange: total((batch) => batch.truthOutOfRange),
    predictionOutOfRange: total((batch) => batch.predictionOutOfRange),
  };
}
