/** @file Cosine decay that starts again from the base rate. Loshchilov, Hutter: SGDR, https://arxiv.org/abs/1608.03983 */
import { cosineBetween, rate, scheduleKind, stepCount } from "./schedule.js";

/** Periods of `period`, `period * growth`, `period * growth^2`, ... steps, each a half cosine from the base rate to `minimum`. */
export const cosineRestarts = scheduleKind(
  "cosineRestarts",
  { period: stepCount, growth: stepCount.default(1), minimum: rate.default(0) },
  ({ period, growth, minimum }, run) => ({
    learningRate: (step) => {
      let [start, length] = [0, period];
      if (growth === 1) start = step - (step % period);
      else for (; step >= start + length; length *= growth) start += length;
      return cosineBetween(run.learningRate, minimum, (step - start) / length);
    },
  }),
);
