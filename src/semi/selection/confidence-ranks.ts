/**
 * @file ConfidenceRanks: how sure a network is of the pixels that it gives to each class, as histograms, and the thresholds of
 * class-balanced self-training that follow.
 *
 * Exact counts, not a subsample: the bins are as fine as 0.1 % of a confidence's distance to 1, because networks are so sure of
 * easy classes that it is there where their pixels differ. Memory: 197 kB a class, whatever the number of images.
 */
import { UsageError } from "../../errors/index.js";
import { type LikelyClasses, mostLikely } from "./probabilities.js";

/** Distances to 1 from 2^-24, the least of a 32-bit float, to 1, by their bits: 1024 bins each time they double. */
const leastBits = 0x33800000;
const shift = 13;
/** Bin 0 holds the pixels with confidence 1. */
const bins = ((0x3f800000 - leastBits) >>> shift) + 2;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function binOf(confidence: number): number {
  float[0] = 1 - confidence;
  return float[0]! <= 0 ? 0 : Math.max(1, ((bits[0]! - leastBits) >> shift) + 1);
}

/** The least confidence whose bin is not beyond this one. */
function leastOf(bin: number): number {
  if (bin === 0) return 1;
  bits[0] = leastBits + (bin << shift);
  // From half a last place below the next bin on, distances are rounded into it.
  return 1 - float[0]! * (1 - 2 ** -25);
}

export class ConfidenceRanks {
  readonly numClasses: number;
  private readonly histograms: readonly Float64Array[];

  constructor(numClasses: number) {
    this.numClasses = numClasses;
    this.histograms = Array.from({ length: numClasses }, () => new Float64Array(bins));
  }

  /** Counts the pixels of an image, each for its most likely class. */
  add(image: LikelyClasses): void {
    const { classes, confidence } = mostLikely(image);
    for (let i = 0; i < classes.length; i++) {
      const histogram = this.histograms[classes[i]!]!;
      const bin = binOf(confidence[i]!);
      histogram[bin] = histogram[bin]! + 1;
    }
  }

  /** Pixels of each class N_c. */
  get pixels(): number[] {
    return this.histograms.map((histogram) => histogram.reduce((sum, n) => sum + n, 0));
  }

  /**
   * The confidence at rank floor(p·N_c) of a class, counted from the surest pixel: with all ties in its bin, so at least as many
   * pixels reach it. 1 where the rank is 0: of a class with so few pixels none is taken that the network is not certain of.
   *
   * @throws UsageError when p is not in (0, 1].
   */
  confidenceAt(index: number, portion: number): number {
    if (!(portion > 0 && portion <= 1))
      throw new UsageError({ expected: "a portion above 0 and up to 1, such as 0.2 or 20%", found: String(portion) });
    const histogram = this.histograms[index]!;
    const rank = Math.floor(portion * this.pixels[index]!);
    if (rank === 0) return 1;
    let bin = 0;
    for (let left = rank - histogram[0]!; left > 0; left -= histogram[bin]!) bin++;
    // Nothing that is a pixel's most likely class has less than 1/K, however wide its bin is.
    return Math.max(leastOf(bin), (1 - 1e-3) / this.numClasses);
  }

  /** λ of each class for the portions p of each: see `confidenceAt`. */
  thresholds(portions: readonly number[]): Float64Array {
    return Float64Array.from(portions, (portion, index) => this.confidenceAt(index, portion));
  }
}
