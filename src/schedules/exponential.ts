/** @file The rate multiplied by a factor at every step. */
import { fraction, scheduleKind } from "./schedule.js";

/** `rate(i) = base * gamma^i`. */
export const exponential = scheduleKind("exponential", { gamma: fraction }, ({ gamma }, run) => ({
  learningRate: (step) => run.learningRate * gamma ** step,
}));
