/**
 * @file Polynomial decay, the usual schedule of segmentation networks.
 *
 * Liu, Rabinovich, Berg: ParseNet, https://arxiv.org/abs/1506.04579; DeepLab v2, https://arxiv.org/abs/1606.00915 (power 0.9).
 */
import { z } from "zod";
import { rate, scheduleKind, stepCount } from "./schedule.js";

/** `rate(i) = minimum + (base - minimum) * (1 - i / steps)^power`, and `minimum` from `steps` on. */
export const poly = scheduleKind(
  "poly",
  { power: z.number().positive().default(0.9), steps: stepCount.optional(), minimum: rate.default(0) },
  ({ power, steps, minimum }, run) => {
    const length = steps ?? run.steps;
    return {
      learningRate: (step) => minimum + (run.learningRate - minimum) * (1 - Math.min(step, length) / length) ** power,
    };
  },
);
