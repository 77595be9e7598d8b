/** @file What Adam and its kin share: running means of the gradient and of its square, and their bias corrections. */
import { Log, Mul, type Operand } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { biasCorrection, decayFactor, runningMean, type UpdateInput } from "./optimizer.js";

/** Options `beta1` and `beta2`: how much of the running means is kept at each step. */
export const moments = { beta1: decayFactor.default(0.9), beta2: decayFactor.default(0.999) };

/** `1 - beta^step` for a fixed beta or a cyclic schedule's. */
export const correctionOf = (step: Value, beta: Operand): Value =>
  biasCorrection(step, typeof beta === "number" ? Math.log(beta) : Log(beta));

export interface Moments {
  readonly mean: Value;
  readonly square: Value;
  /** Scalars that the means have to be divided by. */
  readonly meanCorrection: Value;
  readonly squareCorrection: Value;
}

/** `m = beta1 * m + (1 - beta1) * g` and `v = beta2 * v + (1 - beta2) * g^2` from the slots `mean` and `square`. */
export function meanAndSquare(g: Value, beta1: number, beta2: number, { slots, step, momentum }: UpdateInput): Moments {
  const first = momentum ?? beta1;
  return {
    mean: runningMean(slots.mean!, g, first),
    square: runningMean(slots.square!, Mul(g, g), beta2),
    meanCorrection: correctionOf(step, first),
    squareCorrection: correctionOf(step, beta2),
  };
}
