/**
 * @file Adam and AdamW: steps along the mean gradient over its root mean square.
 *
 * Kingma, Ba: Adam, https://arxiv.org/abs/1412.6980; Loshchilov, Hutter: Decoupled Weight Decay, https://arxiv.org/abs/1711.05101;
 * Reddi et al.: On the Convergence of Adam and Beyond (AMSGrad), https://arxiv.org/abs/1904.09237
 */
import { z } from "zod";
import { Add, Div, Max, Mul, Sqrt, Sub } from "../graph/ops/index.js";
import { meanAndSquare, moments } from "./moments.js";
import { epsilon, optimizerKind, withWeightDecay } from "./optimizer.js";

/** `p = p - rate * m' / (sqrt(v') + epsilon)` with bias-corrected m' and v'; AMSGrad takes the largest v so far. */
const adamKind = (name: string, decoupled: boolean, defaultDecay: number) =>
  optimizerKind(
    name,
    { ...moments, epsilon: epsilon.default(1e-8), amsgrad: z.boolean().default(false) },
    ({ beta1, beta2, epsilon, amsgrad }) => ({
      slots: { mean: 0, square: 0, ...(amsgrad ? { largest: 0 } : {}) },
      update: (input) => {
        const { parameter, gradient, slots, learningRate, weightDecay } = input;
        // Decoupled decay shrinks the parameter by itself; otherwise it is part of the gradient and gets normalised with it.
        const decays = decoupled && weightDecay > 0;
        const p = decays ? Mul(parameter, Sub(1, Mul(learningRate, weightDecay))) : parameter;
        const g = decoupled ? gradient : withWeightDecay(gradient, parameter, weightDecay);
        const { mean, square, meanCorrection, squareCorrection } = meanAndSquare(g, beta1, beta2, input);
        const largest = slots.largest && Max(slots.largest, square);
        // Both corrections are moved to scalars: m'/(sqrt(v')+e) = m/c1*sqrt(c2) / (sqrt(v)+e*sqrt(c2)).
        const root = Sqrt(squareCorrection);
        const direction = Div(mean, Add(Sqrt(largest ?? square), Mul(root, epsilon)));
        const rate = Div(Mul(learningRate, root), meanCorrection);
        return {
          parameter: Sub(p, Mul(direction, rate)),
          slots: { mean, square, ...(largest ? { largest } : {}) },
        };
      },
    }),
    defaultDecay,
  );

/** Adam with weight decay as part of the gradient. */
export const adam = adamKind("adam", false, 0);
/** Adam with weight decay beside the gradient. */
export const adamW = adamKind("adamW", true, 0.01);
