/** @file Counts of pseudo-labels by class, for the record: how many there are, how sure the network was, how many are right. */
import { type ClassArray, type LikelyClasses, mostLikely } from "./probabilities.js";

/** One number a class each; `train/pseudo-record.ts` makes shares of them. */
export interface LabelCounts {
  /** Pixels whose most likely class it is, and the sum of their confidence. */
  readonly predicted: number[];
  readonly confidence: number[];
  /** Pixels that are labelled so; of these, those whose true class is known, and those that are right. */
  readonly kept: number[];
  readonly known: number[];
  readonly right: number[];
}

export class LabelTally {
  readonly counts: LabelCounts;

  constructor(private readonly numClasses: number) {
    const zeros = (): number[] => new Array<number>(numClasses).fill(0);
    this.counts = { predicted: zeros(), confidence: zeros(), kept: zeros(), known: zeros(), right: zeros() };
  }

  /**
   * Counts an image.
   *
   * @param labels class indices; any other value is no label
   * @param truth true classes where they are known, for study; any other value is unknown
   */
  add(image: LikelyClasses, labels: ClassArray, truth?: ArrayLike<number>): void {
    const { classes, confidence } = mostLikely(image);
    const { predicted, confidence: sums, kept, known, right } = this.counts;
    const count = (row: number[], index: number, by = 1): void => {
      row[index] = row[index]! + by;
    };
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      count(predicted, classes[i]!);
      count(sums, classes[i]!, confidence[i]!);
      if (label >= this.numClasses) continue;
      count(kept, label);
      if (truth === undefined || truth[i]! >= this.numClasses) continue;
      count(known, label);
      if (truth[i] === label) count(right, label);
    }
  }
}
