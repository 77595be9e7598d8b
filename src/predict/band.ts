/** @file Band: some rows of a predicted image, and what can be read off their probabilities. */
import { atTemperature, entropy } from "./confidence.js";

export class Band {
  private atItsTemperature: Float32Array | undefined;

  /**
   * @param maps [K, pixels], or [K + 1, pixels] with the mean entropy of the views; only valid until the next band comes
   * @param at place of the first pixel in the image
   */
  constructor(
    private readonly maps: Float32Array,
    private readonly classes: number,
    private readonly temperature: number,
    readonly at: number,
    private readonly hasViews: boolean,
  ) {}

  get pixels(): number {
    return this.maps.length / (this.classes + (this.hasViews ? 1 : 0));
  }

  /** What the network says, [K, pixels], before its temperature; the classes are in the same order after it. */
  get raw(): Float32Array {
    return this.maps.subarray(0, this.classes * this.pixels);
  }

  /** Calibrated probabilities [K, pixels]. */
  get probabilities(): Float32Array {
    this.atItsTemperature ??= atTemperature(this.raw, this.classes, this.temperature);
    return this.atItsTemperature;
  }

  /**
   * How much the views disagree: entropy of their mean less their mean entropy, over ln K. 0 where all say the same, 1 where
   * each is certain of another class (the mutual information of BALD, https://arxiv.org/abs/1112.5745). Empty unless asked for.
   */
  get disagreement(): Float32Array {
    if (!this.hasViews) return new Float32Array(0);
    const ofMean = entropy(this.raw, this.classes);
    const meanOf = this.maps.subarray(this.classes * this.pixels);
    // Rounding can bring the difference just below 0.
    return ofMean.map((value, i) => Math.max(0, value - meanOf[i]!));
  }
}
