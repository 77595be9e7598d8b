/** @file Adadelta: steps as large as the steps before, in the units of the parameter. Zeiler, https://arxiv.org/abs/1212.5701 */
import { Add, Div, Mul, Sqrt, Sub } from "../graph/ops/index.js";
import { decayFactor, epsilon, optimizerKind, runningMean, withWeightDecay } from "./optimizer.js";

/** `d = g * sqrt(D + epsilon) / sqrt(v + epsilon)`, v and D the running means of g^2 and d^2; `p = p - rate * d`. */
export const adadelta = optimizerKind(
  "adadelta",
  { rho: decayFactor.default(0.9), epsilon: epsilon.default(1e-6) },
  ({ rho, epsilon }) => ({
    slots: { square: 0, stepSquare: 0 },
    update: ({ parameter, gradient, slots, learningRate, weightDecay }) => {
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const square = runningMean(slots.square!, Mul(g, g), rho);
      const d = Mul(g, Sqrt(Div(Add(slots.stepSquare!, epsilon), Add(square, epsilon))));
      return {
        parameter: Sub(parameter, Mul(d, learningRate)),
        slots: { square, stepSquare: runningMean(slots.stepSquare!, Mul(d, d), rho) },
      };
    },
  }),
);
