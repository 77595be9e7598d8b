/**
 * @file Calibration: whether a share p of what is predicted with confidence p is right (Guo et al. 2017,
 * https://arxiv.org/abs/1706.04599). Counted pixel by pixel, so that no map has to be kept.
 */
import { UsageError } from "../errors/index.js";
import { type CoveragePoint, CoverageTally, usualThresholds } from "./coverage.js";
import { isClass, requireClassCount } from "./label-map.js";

/** Predictions whose confidence lies in the same part of 0..1. */
export interface ReliabilityBin {
  readonly count: number;
  /** Mean confidence; NaN without predictions. */
  readonly confidence: number;
  /** Share that is right; NaN without predictions. */
  readonly accuracy: number;
}

/** Bins unless told otherwise, as Guo et al. use. */
export const usualBins = 15;

/** Sums of n bins (i/n, (i+1)/n] of confidence. */
export class ReliabilityBins {
  readonly counts: Float64Array;
  readonly confidences: Float64Array;
  readonly hits: Float64Array;

  /** @throws UsageError when there is no bin. */
  constructor(readonly bins: number) {
    if (!Number.isInteger(bins) || bins < 1)
      throw new UsageError({ found: `${bins} bins`, expected: "a whole number from 1 on" });
    this.counts = new Float64Array(bins);
    this.confidences = new Float64Array(bins);
    this.hits = new Float64Array(bins);
  }

  add(confidence: number, isHit: boolean): void {
    // A probability that underflowed to 0 belongs to the lowest bin.
    const bin = Math.max(0, Math.min(this.bins, Math.ceil(confidence * this.bins)) - 1);
    this.counts[bin]!++;
    this.confidences[bin] = this.confidences[bin]! + confidence;
    if (isHit) this.hits[bin]!++;
  }

  merge(other: ReliabilityBins): void {
    for (let i = 0; i < this.bins; i++) {
      this.counts[i] = this.counts[i]! + other.counts[i]!;
      this.confidences[i] = this.confidences[i]! + other.confidences[i]!;
      this.hits[i] = this.hits[i]! + other.hits[i]!;
    }
  }

  list(): ReliabilityBin[] {
    return Array.from(this.counts, (count, i) => ({
      count,
      confidence: this.confidences[i]! / count,
      accuracy: this.hits[i]! / count,
    }));
  }

  /** Expected calibration error: `sum count/N |confidence - accuracy|`; NaN without predictions. */
  get expectedError(): number {
    let [sum, count] = [0, 0];
    for (let i = 0; i < this.bins; i++) {
      sum += Math.abs(this.confidences[i]! - this.hits[i]!);
      count += this.counts[i]!;
    }
    return sum / count;
  }

  /** Maximum calibration error: the largest `|confidence - accuracy|` of a bin; NaN without predictions. */
  get maximumError(): number {
    const errors = this.list().flatMap(({ count, confidence, accuracy }) =>
      count > 0 ? [Math.abs(confidence - accuracy)] : [],
    );
    return errors.length > 0 ? Math.max(...errors) : Number.NaN;
  }
}

/** How far confidences can be trusted; all NaN when nothing counted. */
export interface CalibrationScores {
  /** Pixels that counted. */
  readonly pixels: number;
  readonly accuracy: number;
  readonly meanConfidence: number;
  /** Negative log-likelihood of the true classes in nats, mean over pixels. */
  readonly nll: number;
  /** Squared error summed over classes, mean over pixels: 0 to 2. */
  readonly brier: number;
  /** Expected calibration error, 0 to 1. */
  readonly ece: number;
  /** Maximum calibration error, 0 to 1. */
  readonly mce: number;
  /** The expected calibration error of each class's probability against "is this class", mean over classes. */
  readonly classwiseEce: number;
  readonly bins: readonly ReliabilityBin[];
  /** What is left, and right, when pixels below a confidence are refused. */
  readonly coverage: readonly CoveragePoint[];
}

export interface CalibrationOptions {
  /** Bins of confidence; default 15. */
  readonly bins?: number;
  /** Confidences that coverage is asked for at; default 0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99. */
  readonly thresholds?: readonly number[];
  /** Truth value whose pixels never count; values that are no class do not either. */
  readonly ignoreIndex?: number;
}

/** The least probability a logarithm is taken of: that of a true class which float32 rounded to 0 is the least float32. */
const least = 2 ** -149;

/** Counts predictions; `merge` adds those counted elsewhere. */
export class CalibrationTally {
  private readonly all: ReliabilityBins;
  private readonly each: readonly ReliabilityBins[];
  private readonly coverage: CoverageTally;
  private readonly ignoreIndex: number | undefined;
  private pixels = 0;
  private correct = 0;
  private confidence = 0;
  private logLoss = 0;
  private squaredError = 0;

  /** @throws UsageError for a number of classes or bins that is none. */
  constructor(
    private readonly numClasses: number,
    { bins = usualBins, thresholds = usualThresholds, ignoreIndex }: CalibrationOptions = {},
  ) {
    requireClassCount(numClasses);
    this.all = new ReliabilityBins(bins);
    this.each = Array.from({ length: numClasses }, () => new ReliabilityBins(bins));
    this.coverage = new CoverageTally(thresholds);
    this.ignoreIndex = ignoreIndex;
  }

  /**
   * Counts pixels.
   *
   * @param probabilities [K, pixels]
   * @param truth class of each; `from` is the place of the first
   */
  add(probabilities: Float32Array | Float64Array, truth: ArrayLike<number>, from = 0): void {
    const { numClasses, all, each, coverage, ignoreIndex } = this;
    const pixels = probabilities.length / numClasses;
    for (let i = 0; i < pixels; i++) {
      const label = truth[from + i]!;
      if (label === ignoreIndex || !isClass(label, numClasses)) continue;
      let [best, most, squares] = [0, -1, 0];
      for (let k = 0, j = i; k < numClasses; k++, j += pixels) {
        const p = probabilities[j]!;
        if (p > most) [best, most] = [k, p];
        squares += p * p;
        each[k]!.add(p, k === label);
      }
      const own = probabilities[label * pixels + i]!;
      all.add(most, best === label);
      coverage.add(most, best === label);
      this.pixels++;
      if (best === label) this.correct++;
      this.confidence += most;
      this.logLoss -= Math.log(Math.max(own, least));
      // sum (p_k - [k = label])^2
      this.squaredError += squares - 2 * own + 1;
    }
  }

  merge(other: CalibrationTally): void {
    this.all.merge(other.all);
    this.coverage.merge(other.coverage);
    for (const [k, bins] of this.each.entries()) bins.merge(other.each[k]!);
    this.pixels += other.pixels;
    this.correct += other.correct;
    this.confidence += other.confidence;
    this.logLoss += other.logLoss;
    this.squaredError += other.squaredError;
  }

  result(): CalibrationScores {
    const { pixels, all, each, numClasses } = this;
    return {
      pixels,
      accuracy: this.correct / pixels,
      meanConfidence: this.confidence / pixels,
      nll: this.logLoss / pixels,
      brier: this.squaredError / pixels,
      ece: all.expectedError,
      mce: all.maximumError,
      classwiseEce: each.reduce((sum, bins) => sum + bins.expectedError, 0) / numClasses,
      bins: all.list(),
      coverage: this.coverage.points(),
    };
  }
}
