/** @file RAdam: Adam that waits with its normalisation until the variance is known. Liu et al., https://arxiv.org/abs/1908.03265 */
import { Add, Div, Greater, Max, Mul, Sqrt, Sub, Where } from "../graph/ops/index.js";
import { meanAndSquare, moments } from "./moments.js";
import { complement, epsilon, optimizerKind, withWeightDecay } from "./optimizer.js";

/** `p = p - rate * m' * r_t / (sqrt(v') + epsilon)` once the mean has more than 5 samples' worth of length; before, `p - rate * m'`. */
export const radam = optimizerKind(
  "radam",
  { ...moments, epsilon: epsilon.default(1e-8) },
  ({ beta1, beta2, epsilon }) => ({
    slots: { mean: 0, square: 0 },
    update: (input) => {
      const { parameter, gradient, learningRate, step, weightDecay } = input;
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const { mean, square, meanCorrection, squareCorrection } = meanAndSquare(g, beta1, beta2, input);
      const longest = 2 / (1 - beta2) - 1;
      // rho_t = rho_inf - 2 t beta2^t / (1 - beta2^t)
      const length = Sub(longest, Div(Mul(Mul(step, 2), complement(squareCorrection)), squareCorrection));
      const known = Greater(length, 5);
      // r_t^2 = (rho_t - 4)(rho_t - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho_t); kept positive where it is not used.
      const safe = Max(length, 5);
      const squared = Div(Mul(Mul(Sub(safe, 4), Sub(safe, 2)), longest / ((longest - 4) * (longest - 2))), safe);
      const root = Sqrt(squareCorrection);
      const normalised = Div(Mul(Sqrt(squared), root), Add(Sqrt(square), epsilon));
      const factor = Where(known, normalised, 1);
      const rate = Div(learningRate, meanCorrection);
      return { parameter: Sub(parameter, Mul(Mul(mean, factor), rate)), slots: { mean, square } };
    },
  }),
);
