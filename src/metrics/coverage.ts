/**
 * @file Coverage and accuracy: how many predictions are left when the less confident ones are refused, and how many of those
 * left are right (selective classification, Geifman & El-Yaniv 2017, https://arxiv.org/abs/1705.08500).
 */

/** What is left when every prediction below a confidence is refused. */
export interface CoveragePoint {
  readonly threshold: number;
  /** Share of the predictions with at least this confidence, 0 to 1. */
  readonly coverage: number;
  /** Share of those that is right; 1 minus it is the risk. NaN when none is left. */
  readonly accuracy: number;
}

/** Confidences that coverage is reported at. */
export const usualThresholds: readonly number[] = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/** Counts predictions between thresholds. */
export class CoverageTally {
  private readonly thresholds: readonly number[];
  private readonly counts: Float64Array;
  private readonly hits: Float64Array;

  constructor(thresholds: readonly number[] = usualThresholds) {
    this.thresholds = [...new Set(thresholds)].sort((a, b) => a - b);
    this.counts = new Float64Array(this.thresholds.length + 1);
    this.hits = new Float64Array(this.thresholds.length + 1);
  }

  add(confidence: number, isHit: boolean): void {
    let place = this.thresholds.length;
    while (place > 0 && confidence < this.thresholds[place - 1]!) place--;
    this.counts[place]!++;
    if (isHit) this.hits[place]!++;
  }

  merge(other: CoverageTally): void {
    for (let i = 0; i < this.counts.length; i++) {
      this.counts[i] = this.counts[i]! + other.counts[i]!;
      this.hits[i] = this.hits[i]! + other.hits[i]!;
    }
  }

  /** A point for each threshold, the lowest first. */
  points(): CoveragePoint[] {
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    const total = sum(this.counts);
    return this.thresholds.map((threshold, i) => {
      const count = sum(this.counts.subarray(i + 1));
      return { threshold, coverage: count / total, accuracy: sum(this.hits.subarray(i + 1)) / count };
    });
  }
}
