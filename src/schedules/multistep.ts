/** @file The rate multiplied by a factor at given steps. */
import { z } from "zod";
import { fraction, scheduleKind } from "./schedule.js";

/** `rate(i) = base * gamma^(number of milestones <= i)`. */
export const multistep = scheduleKind(
  "multistep",
  { milestones: z.array(z.int().min(0)), gamma: fraction.default(0.1) },
  ({ milestones, gamma }, run) => ({
    learningRate: (step) => run.learningRate * gamma ** milestones.filter((milestone) => milestone <= step).length,
  }),
);
