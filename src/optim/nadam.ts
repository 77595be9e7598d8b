/** @file NAdam: Adam with Nesterov's momentum. Dozat: Incorporating Nesterov Momentum into Adam, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ */
import { z } from "zod";
import { Add, Div, Exp, Mul, type Operand, Sqrt, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { meanAndSquare, moments } from "./moments.js";
import { epsilon, optimizerKind, withWeightDecay } from "./optimizer.js";

/** Momentum at step t: `beta1 * (1 - 0.96^(t * decay) / 2)`. */
const momentumAt = (step: Value, beta1: Operand, decay: number): Value =>
  Mul(Sub(1, Mul(Exp(Mul(step, decay * Math.log(0.96))), 0.5)), beta1);

/**
 * `p = p - rate * ((1 - u_t) g / (1 - U_t) + u_(t+1) m / (1 - U_(t+1))) / (sqrt(v') + epsilon)`, u_t the momentum, U_t its product up to t.
 *
 * As in PyTorch 1.13, whose numbers are the reference, `U_(t+1) = U_t u_t u_(t+1)`: one factor `u_t` more than in the paper.
 */
export const nadam = optimizerKind(
  "nadam",
  { ...moments, epsilon: epsilon.default(1e-8), momentumDecay: z.number().min(0).default(4e-3) },
  ({ beta1, beta2, epsilon, momentumDecay }) => ({
    slots: { mean: 0, square: 0, product: 1 },
    scalars: ["product"],
    update: (input) => {
      const { parameter, gradient, slots, learningRate, step, momentum = beta1, weightDecay } = input;
      const g = withWeightDecay(gradient, parameter, weightDecay);
      const { mean, square, squareCorrection } = meanAndSquare(g, beta1, beta2, input);
      const now = momentumAt(step, momentum, momentumDecay);
      const next = momentumAt(Add(step, 1), momentum, momentumDecay);
      const product = Mul(slots.product!, now);
      const onGradient = Div(Sub(1, now), Sub(1, product));
      const onMean = Div(next, Sub(1, Mul(Mul(product, now), next)));
      const root = Sqrt(squareCorrection);
      const direction = Div(Add(Mul(g, onGradient), Mul(mean, onMean)), Add(Sqrt(square), Mul(root, epsilon)));
      return {
        parameter: Sub(parameter, Mul(direction, Mul(learningRate, root))),
        slots: { mean, square, product },
      };
    },
  }),
);
