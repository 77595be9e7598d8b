/** @file What is recorded of a round's pseudo-labels: shares, confidence and accuracy of each class. */
import type { LabelCounts } from "../../semi/selection/tally.js";
import { pseudoScores } from "../../train/pseudo-record.js";
import type { LabelRecord } from "../../train/semi-state.js";

export interface LabelFacts {
  readonly classNames: readonly string[];
  readonly images: number;
  readonly labelled: number;
  /** Portion and threshold of each class, where there are any. */
  readonly portions?: readonly number[];
  readonly thresholds?: ArrayLike<number>;
  readonly reliability?: LabelRecord["reliability"];
}

/** The record of so many labels. */
export function labelRecord(counts: LabelCounts, facts: LabelFacts): LabelRecord {
  const { classNames, images, labelled, portions, thresholds, reliability } = facts;
  const { share, accuracy, classShare, classConfidence, classAccuracy } = pseudoScores(counts);
  return {
    images,
    labelled,
    share,
    accuracy,
    classes: classNames.map((name, i) => ({
      name,
      pixels: counts.kept[i]!,
      share: classShare[i]!,
      confidence: classConfidence[i]!,
      accuracy: classAccuracy[i]!,
      ...(portions ? { portion: Number(portions[i]!.toPrecision(6)) } : {}),
      ...(thresholds ? { threshold: thresholds[i]! } : {}),
    })),
    keptOut: classNames.filter((_, i) => counts.kept[i] === 0),
    ...(reliability ? { reliability } : {}),
  };
}
