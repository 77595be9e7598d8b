/** @file Half a cosine from the base rate down to the minimum. Loshchilov, Hutter: SGDR, https://arxiv.org/abs/1608.03983 */
import { cosineBetween, rate, scheduleKind, stepCount } from "./schedule.js";

/** `rate(i) = minimum + (base - minimum) * (1 + cos(pi * i / steps)) / 2`; past `steps` the cosine rises again, as in PyTorch. */
export const cosine = scheduleKind(
  "cosine",
  { steps: stepCount.optional(), minimum: rate.default(0) },
  ({ steps, minimum }, run) => ({
    learningRate: (step) => cosineBetween(run.learningRate, minimum, step / (steps ?? run.steps)),
  }),
);
