/** @file Warm-up: small rates for the first steps, then any other schedule from its beginning. Goyal et al., https://arxiv.org/abs/1706.02677 */
import { z } from "zod";
import { fraction, lineBetween, type Schedule, type ScheduledRun, stepCount } from "./schedule.js";

/** Options of the warm-up itself. */
export const warmupShape = {
  /** Number of steps below the full rate. */
  steps: stepCount,
  /** Share of the rate at the first step. */
  from: fraction.default(0.1),
  /** A line up to the full rate, or the first share all along. */
  shape: z.enum(["linear", "constant"]).default("linear"),
};

export type WarmupOptions = z.output<z.ZodObject<typeof warmupShape>>;

/** The run as the schedule after a warm-up sees it. */
export const afterWarmup = (run: ScheduledRun, steps: number): ScheduledRun => ({
  ...run,
  steps: Math.max(run.steps - steps, 1),
});

/**
 * `base * line from `from` to 1` for `steps` steps, then `then` counted from 0. Momentum keeps the value of the later
 * schedule's first step during the warm-up.
 */
export function warmup({ steps, from, shape }: WarmupOptions, then: Schedule, run: ScheduledRun): Schedule {
  const { momentum } = then;
  return {
    learningRate: (step) =>
      step < steps
        ? run.learningRate * (shape === "linear" ? lineBetween(from, 1, step / steps) : from)
        : then.learningRate(step - steps),
    ...(momentum ? { momentum: (step: number) => momentum(Math.max(step - steps, 0)) } : {}),
  };
}
