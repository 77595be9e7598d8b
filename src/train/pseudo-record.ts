/** @file What a run notes about pseudo-labels: counts of each class, added up between two records, and the shares that follow. */
import { z } from "zod";
import { pseudoCounts } from "../semi/pseudo-labels.js";

/** Rows of the table that a step gives, one number a class each. */
const row = z.array(z.number());
export const pseudoSumSchema = z.record(z.enum(pseudoCounts), row).nullable().default(null);

export type PseudoSum = NonNullable<z.output<typeof pseudoSumSchema>>;

const table = (rowOf: (name: keyof PseudoSum, index: number) => number[]): PseudoSum =>
  Object.fromEntries(pseudoCounts.map((name, i) => [name, rowOf(name, i)])) as unknown as PseudoSum;

/** Shares of pseudo-labels; null where there is nothing to divide by. */
export interface PseudoScores {
  /** Pixels that are learnt from, of all pixels in the images. */
  readonly share: number | null;
  /** Right ones of those whose true class is known, for study; null where none is. */
  readonly accuracy: number | null;
  /** For each class: share of its pixels that are learnt from. */
  readonly classShare: readonly (number | null)[];
  /** Mean confidence of all its pixels. */
  readonly classConfidence: readonly (number | null)[];
  readonly classAccuracy: readonly (number | null)[];
}

/** A step's table [5, K] as rows by name. */
export function pseudoRows(values: ArrayLike<number>): PseudoSum {
  const numClasses = values.length / pseudoCounts.length;
  return table((_, i) => Array.from({ length: numClasses }, (_value, c) => values[i * numClasses + c]!));
}

/** The sum of two tables. */
export const addPseudo = (sum: PseudoSum | null, more: PseudoSum): PseudoSum =>
  sum ? table((name) => sum[name].map((value, c) => value + more[name][c]!)) : more;

const whole = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const share = (part: number, of: number): number | null => (of > 0 ? part / of : null);

/** The shares that follow from a sum of tables. */
export function pseudoScores({ predicted, confidence, kept, known, right }: PseudoSum): PseudoScores {
  const each = (parts: readonly number[], of: readonly number[]): (number | null)[] =>
    parts.map((part, c) => share(part, of[c]!));
  return {
    share: share(whole(kept), whole(predicted)),
    accuracy: share(whole(right), whole(known)),
    classShare: each(kept, predicted),
    classConfidence: each(confidence, predicted),
    classAccuracy: each(right, known),
  };
}
