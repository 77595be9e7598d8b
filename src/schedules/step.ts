/** @file The rate multiplied by a factor every so many steps. */
import { fraction, scheduleKind, stepCount } from "./schedule.js";

/** `rate(i) = base * gamma^floor(i / every)`. */
export const step = scheduleKind(
  "step",
  { every: stepCount, gamma: fraction.default(0.1) },
  ({ every, gamma }, run) => ({
    learningRate: (index) => run.learningRate * gamma ** Math.floor(index / every),
  }),
);
