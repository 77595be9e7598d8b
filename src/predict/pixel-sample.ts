/** @file PixelSample: a seeded random sample of labelled pixels with their probabilities, of a size that memory bounds. */
import type { LabelledLogits } from "../metrics/index.js";
import { hash32, hashText } from "../util/random.js";

/** Pixels at most; a temperature is one number, and is settled by far fewer. */
const mostPixels = 1_000_000;
/** Probabilities at most: 16 MiB of them. */
const mostNumbers = 2 ** 22;

/** Logarithm of the least float32, for probabilities that were rounded to 0. */
const leastLog = -149 * Math.LN2;

/**
 * Every pixel has its own random number, and those below a bound are kept; when the sample is full, the bound is halved. So which
 * pixels are kept does not depend on the order of the images, and no image counts more than its pixels do.
 */
export class PixelSample {
  private readonly capacity: number;
  private readonly logits: Float32Array;
  private readonly labels: Uint16Array;
  private readonly draws: Float64Array;
  private size = 0;
  private bound = 2 ** 32;

  /** @param limit pixels at most, for tests */
  constructor(
    private readonly numClasses: number,
    private readonly seed: number,
    limit = mostPixels,
  ) {
    this.capacity = Math.min(limit, Math.floor(mostNumbers / numClasses));
    this.logits = new Float32Array(this.capacity * numClasses);
    this.labels = new Uint16Array(this.capacity);
    this.draws = new Float64Array(this.capacity);
  }

  /**
   * Draws from some pixels of an image.
   *
   * @param probabilities [K, pixels]
   * @param truth classes of the whole image, the first of these pixels at `from`; anything that is no class is passed over
   */
  add(image: string, probabilities: Float32Array, truth: ArrayLike<number>, from: number): void {
    const { numClasses } = this;
    const pixels = probabilities.length / numClasses;
    const key = hash32(hashText(image) ^ hash32(this.seed));
    const tieBreaker = hash32(~key);
    for (let i = 0; i < pixels; i++) {
      const label = truth[from + i]!;
      if (label >= numClasses) continue;
      const draw = hash32(key + Math.imul(from + i, 0x9e3779b9));
      if (draw >= this.bound) continue;
      while (this.size === this.capacity) this.thinOut();
      if (draw >= this.bound) continue;
      for (let k = 0, j = i; k < numClasses; k++, j += pixels)
        this.logits[this.size * numClasses + k] = Math.max(leastLog, Math.log(probabilities[j]!));
      this.labels[this.size] = label;
      // Two pixels of 32 equal bits would stand in the order in which their images were ready.
      this.draws[this.size++] = draw + hash32(tieBreaker + from + i) / 2 ** 32;
    }
  }

  /** Log-probabilities and labels of the pixels kept, in the order of their random numbers. */
  result(): LabelledLogits {
    const { numClasses, size } = this;
    const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => this.draws[a]! - this.draws[b]!);
    const logits = new Float32Array(size * numClasses);
    for (const [to, at] of order.entries())
      logits.set(this.logits.subarray(at * numClasses, (at + 1) * numClasses), to * numClasses);
    return { logits, labels: Uint16Array.from(order, (at) => this.labels[at]!), numClasses };
  }

  private thinOut(): void {
    const { numClasses, logits, labels, draws } = this;
    this.bound /= 2;
    let kept = 0;
    for (let i = 0; i < this.size; i++) {
      if (draws[i]! >= this.bound) continue;
      logits.copyWithin(kept * numClasses, i * numClasses, (i + 1) * numClasses);
      labels[kept] = labels[i]!;
      draws[kept++] = draws[i]!;
    }
    this.size = kept;
  }
}
