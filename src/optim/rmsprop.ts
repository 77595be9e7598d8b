/** @file RMSprop: steps along the gradient over its root mean square. Tieleman, Hinton 2012; centered: Graves, https://arxiv.org/abs/1308.0850 */
import { z } from "zod";
import { Add, Div, Max, Mul, Sqrt, Sub } from "../graph/ops/index.js";
import { decayFactor, epsilon, optimizerKind, runningMean, withWeightDecay } from "./optimizer.js";

/** `v = alpha * v + (1 - alpha) * g^2`, `p = p - rate * g / (sqrt(v) + epsilon)`; centered takes the squared mean off v, momentum runs over the quotient. */
export const rmsprop = optimizerKind(
  "rmsprop",
  {
    alpha: decayFactor.default(0.99),
    epsilon: epsilon.default(1e-8),
    momentum: decayFactor.default(0),
    centered: z.boolean().default(false),
  },
  ({ alpha, epsilon, momentum: factor, centered }) => ({
    slots: { square: 0, ...(centered ? { mean: 0 } : {}), ...(factor > 0 ? { momentum: 0 } : {}) },
    update: ({ parameter, gradient, slots, learningRate, momentum = factor, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const square = runningMean(slots.square!, Mul(g, g), alpha);
      const mean = slots.mean && runningMean(slots.mean, g, alpha);
      // Rounding can leave a variance below zero.
      const variance = mean ? Max(Sub(square, Mul(mean, mean)), 0) : square;
      const quotient = Div(g, Add(Sqrt(variance), epsilon));
      const m = slots.momentum && Add(Mul(slots.momentum, momentum), quotient);
      return {
        parameter: Sub(parameter, Mul(m ?? quotient, learningRate)),
        slots: { square, ...(mean ? { mean } : {}), ...(m ? { momentum: m } : {}) },
      };
    },
  }),
);
