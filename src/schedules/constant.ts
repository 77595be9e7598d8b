/** @file The same rate at every step. */
import { scheduleKind } from "./schedule.js";

/** `rate(i) = base`. */
export const constant = scheduleKind("constant", {}, (_, run) => ({ learningRate: () => run.learningRate }));
