/**
 * @file Stochastic gradient descent with momentum, Nesterov's too.
 *
 * Sutskever et al.: On the importance of initialization and momentum, https://proceedings.mlr.press/v28/sutskever13.html,
 * in PyTorch's form, where the learning rate stands outside the momentum.
 */
import { z } from "zod";
import { Add, Equal, Mul, Sub, Where } from "../graph/ops/index.js";
import { decayFactor, optimizerKind, withWeightDecay } from "./optimizer.js";

/** `m = momentum * m + (1 - dampening) * g` (undamped at the first step), `p = p - rate * m`; Nesterov steps along `g + momentum * m`. */
export const sgd = optimizerKind(
  "sgd",
  {
    momentum: decayFactor.default(0),
    dampening: z.number().min(0).max(1).default(0),
    nesterov: z.boolean().default(false),
  },
  ({ momentum: factor, dampening, nesterov }) => ({
    slots: { ...(factor > 0 ? { momentum: 0 } : {}) },
    update: ({ parameter, gradient, slots, learningRate, step, momentum = factor, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      if (!slots.momentum) return { parameter: Sub(parameter, Mul(g, learningRate)), slots };
      // Where the condition holds, `step` is the 1 that is wanted.
      const share = dampening === 0 ? g : Mul(g, Where(Equal(step, 1), step, 1 - dampening));
      const m = Add(Mul(slots.momentum, momentum), share);
      const direction = nesterov ? Add(g, Mul(m, momentum)) : m;
      return { parameter: Sub(parameter, Mul(direction, learningRate)), slots: { momentum: m } };
    },
  }),
);
