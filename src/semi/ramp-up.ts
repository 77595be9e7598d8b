/** @file The ramp-up of an unsupervised loss (Laine and Aila 2017, https://arxiv.org/abs/1610.02242): labels first, then what they lead to. */
import { z } from "zod";
import { Div, Exp, Min, Mul, Sub, type Value } from "../graph/index.js";

/** The option of methods that have one; papers that start from pretrained encoders do without. */
export const rampUpOption = z
  .number()
  .min(0)
  .max(1)
  .describe("share of the run over which the weight of the loss on unlabelled images grows from almost 0");

/** Weight of an unsupervised loss: exp(-5 (1 - t)^2) over the first part of a run, 1 behind it. */
export function rampUp(fraction: Value, share: number): Value | number {
  if (share === 0) return 1;
  const rest = Sub(1, Min(Div(fraction, share), 1));
  return Exp(Mul(Mul(rest, rest), -5));
}
