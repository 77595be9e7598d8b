/** @file Reduction on a plateau: the rate as a pure function of the scores so far, so that a resumed run needs only its record of them. */
import { z } from "zod";
import { parseOptions } from "../util/parse-options.js";
import { fraction, rate } from "./schedule.js";

export const plateauSchema = z.strictObject({
  /** Whether a better score is smaller (a loss) or larger (a mean IoU). */
  better: z.enum(["smaller", "larger"]).default("larger"),
  /** What the rate is multiplied by. */
  factor: fraction.default(0.1),
  /** Scores without improvement that are let pass. */
  patience: z.int().min(0).default(10),
  /** Improvement that counts: a share of the best score, or an amount. */
  threshold: z.number().min(0).default(1e-4),
  thresholdMode: z.enum(["relative", "absolute"]).default("relative"),
  /** Scores after a reduction during which nothing is counted. */
  cooldown: z.int().min(0).default(0),
  minimum: rate.default(0),
});

export type PlateauOptions = z.input<typeof plateauSchema>;

/** Scores so far, oldest first, to the rate that follows them. */
export type PlateauSchedule = (scores: readonly number[]) => number;

/**
 * The base rate, multiplied by `factor` whenever more than `patience` scores in a row are no better than the best.
 *
 * @throws UsageError for unknown options and values out of range.
 */
export function plateau(given: PlateauOptions, learningRate: number): PlateauSchedule {
  const options = parseOptions(plateauSchema, given, "schedule plateau");
  const { better, factor, patience, threshold, thresholdMode, cooldown, minimum } = options;
  const sign = better === "smaller" ? 1 : -1;
  const improves = (score: number, best: number): boolean => {
    const margin = thresholdMode === "relative" ? Math.abs(best) * threshold : threshold;
    return best === Number.POSITIVE_INFINITY ? score < best : score < best - margin;
  };
  return (scores) => {
    let [current, best, bad, resting] = [learningRate, Number.POSITIVE_INFINITY, 0, 0];
    for (const score of scores) {
      if (improves(sign * score, best)) [best, bad] = [sign * score, 0];
      else bad++;
      if (resting > 0) [resting, bad] = [resting - 1, 0];
      if (bad > patience) {
        current = Math.max(current * factor, minimum);
        [bad, resting] = [0, cooldown];
      }
    }
    return current;
  };
}
