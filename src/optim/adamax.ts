/** @file Adamax: Adam with the largest gradient in place of the root mean square. Kingma, Ba: Adam, section 7, https://arxiv.org/abs/1412.6980 */
import { Abs, Add, Div, Max, Mul, Sub } from "../graph/ops/index.js";
import { correctionOf, moments } from "./moments.js";
import { epsilon, optimizerKind, runningMean, withWeightDecay } from "./optimizer.js";

/** `u = max(beta2 * u, |g| + epsilon)`, `p = p - rate / (1 - beta1^t) * m / u`. */
export const adamax = optimizerKind(
  "adamax",
  { ...moments, epsilon: epsilon.default(1e-8) },
  ({ beta1, beta2, epsilon }) => ({
    slots: { mean: 0, largest: 0 },
    update: ({ parameter, gradient, slots, learningRate, step, momentum = beta1, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const mean = runningMean(slots.mean!, g, momentum);
      const largest = Max(Mul(slots.largest!, beta2), Add(Abs(g), epsilon));
      const rate = Div(learningRate, correctionOf(step, momentum));
      return { parameter: Sub(parameter, Mul(Div(mean, largest), rate)), slots: { mean, largest } };
    },
  }),
);
