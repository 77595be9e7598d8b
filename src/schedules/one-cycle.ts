/**
 * @file One cycle: the rate rises to a peak and falls far below its start, while momentum goes the other way.
 *
 * Smith, Topin: Super-Convergence, https://arxiv.org/abs/1708.07120
 */
import { z } from "zod";
import { cosineBetween, fraction, lineBetween, scheduleKind } from "./schedule.js";

/** A stretch of the cycle up to step `end`: rate and momentum go from the values of the last stretch to these. */
interface Stretch {
  readonly end: number;
  readonly rate: number;
  readonly momentum: number;
}

/**
 * The base rate is the peak. It starts at `base / divisor`, peaks after the share `rise` of the steps, and ends at
 * `base / divisor / finalDivisor`; with `threePhase` it first mirrors the rise back to the start. Momentum goes from
 * `maxMomentum` at the start to `minMomentum` at the peak and back.
 */
export const oneCycle = scheduleKind(
  "oneCycle",
  {
    steps: z.int().min(2).optional(),
    rise: fraction.default(0.3),
    shape: z.enum(["cosine", "linear"]).default("cosine"),
    threePhase: z.boolean().default(false),
    divisor: z.number().positive().default(25),
    finalDivisor: z.number().positive().default(1e4),
    minMomentum: fraction.default(0.85),
    maxMomentum: fraction.default(0.95),
  },
  ({ steps, rise, shape, threePhase, divisor, finalDivisor, minMomentum, maxMomentum }, run) => {
    const length = steps ?? Math.max(run.steps, 2);
    const peak = run.learningRate;
    const start = peak / divisor;
    const top: Stretch = { end: rise * length - 1, rate: peak, momentum: minMomentum };
    const back: Stretch = { end: 2 * rise * length - 2, rate: start, momentum: maxMomentum };
    const last: Stretch = { end: length - 1, rate: start / finalDivisor, momentum: maxMomentum };
    const stretches = threePhase ? [top, back, last] : [top, last];
    const between = shape === "cosine" ? cosineBetween : lineBetween;
    const at = (step: number, what: "rate" | "momentum"): number => {
      let before: Stretch = { end: 0, rate: start, momentum: maxMomentum };
      for (const stretch of stretches) {
        if (step <= stretch.end)
          return between(before[what], stretch[what], (step - before.end) / (stretch.end - before.end));
        before = stretch;
      }
      return before[what];
    };
    return { learningRate: (step) => at(step, "rate"), momentum: (step) => at(step, "momentum") };
  },
);
