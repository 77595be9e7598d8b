/** @file Averaged stochastic gradient descent. Polyak, Juditsky: Acceleration of Stochastic Approximation by Averaging, https://doi.org/10.1137/0330046 */
import { z } from "zod";
import { Add, Div, Max, Mul, Pow, Sub } from "../graph/ops/index.js";
import { optimizerKind, withWeightDecay } from "./optimizer.js";

/** `eta_t = rate / (1 + lambda * rate * (t - 1))^alpha`, `p = (1 - lambda * eta_t) p - eta_t * g`; the slot `average` is the mean of p from step `start` on. */
export const asgd = optimizerKind(
  "asgd",
  {
    lambda: z.number().min(0).default(1e-4),
    alpha: z.number().min(0).default(0.75),
    start: z.number().min(0).default(1e6),
  },
  ({ lambda, alpha, start }) => ({
    slots: { average: 0 },
    update: ({ parameter, gradient, slots, learningRate, step, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const before = Sub(step, 1);
      const eta = Div(learningRate, Pow(Add(Mul(Mul(learningRate, lambda), before), 1), alpha));
      const share = Div(1, Max(Sub(before, start), 1));
      const next = Sub(Mul(parameter, Sub(1, Mul(eta, lambda))), Mul(g, eta));
      const average = Add(slots.average!, Mul(Sub(next, slots.average!), share));
      return { parameter: next, slots: { average } };
    },
  }),
);
