/** @file Adagrad: steps along the gradient over the root of the sum of its squares. Duchi et al., https://jmlr.org/papers/v12/duchi11a.html */
import { z } from "zod";
import { Add, Div, Mul, Sqrt, Sub } from "../graph/ops/index.js";
import { epsilon, optimizerKind, withWeightDecay } from "./optimizer.js";

/** `s = s + g^2`, `p = p - rate / (1 + (t - 1) * rateDecay) * g / (sqrt(s) + epsilon)`. */
export const adagrad = optimizerKind(
  "adagrad",
  {
    rateDecay: z.number().min(0).default(0),
    initialSum: z.number().min(0).default(0),
    epsilon: epsilon.default(1e-10),
  },
  ({ rateDecay, initialSum, epsilon }) => ({
    slots: { sum: initialSum },
    update: ({ parameter, gradient, slots, learningRate, step, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const sum = Add(slots.sum!, Mul(g, g));
      const rate = rateDecay === 0 ? learningRate : Div(learningRate, Add(Mul(Sub(step, 1), rateDecay), 1));
      return { parameter: Sub(parameter, Mul(Div(g, Add(Sqrt(sum), epsilon)), rate)), slots: { sum } };
    },
  }),
);
