/** @file The rate multiplied by a factor at every step. */
import { z } from "zod";
import { scheduleKind } from "./schedule.js";

/** `rate(i) = base * gamma^i`; above 1 the rate grows, as in range tests. */
export const exponential = scheduleKind("exponential", { gamma: z.number().min(0) }, ({ gamma }, run) => ({
  learningRate: (step) => run.learningRate * gamma ** step,
}));
