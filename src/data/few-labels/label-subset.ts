/** @file A seeded part of the training labels: the rest become unlabelled images, whose true masks are kept aside for study. */
import { DataError, UsageError } from "../../errors/index.js";
import { Random } from "../../util/random.js";
import type { Sample } from "../sample.js";

/** `keep` of every `of` training labels, e.g. 1 of 8. */
export interface LabelShare {
  readonly keep: number;
  readonly of: number;
  /** Decides which; the same on every machine. */
  readonly seed: number;
}

/** A training split in parts. */
export interface LabelSubset {
  /** Samples that keep their labels, in their first order. */
  readonly train: readonly Sample[];
  /** The others with their labels. */
  readonly hidden: readonly Sample[];
}

/** A sample without its labels. */
export function withoutLabels({ id, image, channels, decode: { numClasses, ignoreIndex } }: Sample): Sample {
  return { id, image, channels, decode: { kind: "none", numClasses, ignoreIndex } };
}

/**
 * Chooses n·keep/of of n labelled samples, rounded, at least one: 46 of 367 for 1 of 8.
 *
 * With one seed, subsets are nested: 1 of 8 is within 1 of 4, whatever the order in which the samples are given.
 *
 * @throws UsageError for an impossible share, DataError when no sample has labels.
 */
export function chooseLabels(samples: readonly Sample[], { keep, of, seed }: LabelShare): LabelSubset {
  if (!(Number.isSafeInteger(keep) && Number.isSafeInteger(of) && keep >= 1 && keep <= of))
    throw new UsageError({
      expected:
        "a share of the training labels such as 1/8: two whole numbers, the first at least 1 and at most the second",
      found: `${keep}/${of}`,
    });
  if (samples.length === 0)
    throw new DataError({
      expected: "training images with masks, of which a part is to keep them",
      found: "there are none",
      next: "Leave the share of labels out.",
    });
  const sorted = [...samples].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const order = new Random(seed, "labels").permutation(sorted.length);
  const count = Math.max(1, Math.round((samples.length * keep) / of));
  const kept = new Set(order.slice(0, count).map((i) => sorted[i]!));
  return { train: samples.filter((sample) => kept.has(sample)), hidden: samples.filter((sample) => !kept.has(sample)) };
}
