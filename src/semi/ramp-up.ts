/** @file The ramp-up of an unsupervised loss (Laine and Aila 2017, https://arxiv.org/abs/1610.02242): labels first, then what they lead to. */
import { z } from "zod";
import { Div, Exp, Min, Mul, Sub, type Value } from "../graph/index.js";
import type { MethodContext } from "./method.js";

/** The option of methods that have one; papers that start from pretrained encoders do without. */
export const rampUpOption = z
  .number()
  .min(0)
  .max(1)
  .describe("share of the run over which the weight of the loss on unlabelled images grows from almost 0");

/** Weight of an unsupervised loss at this place of a run: `weight exp(-5 (1 - t)^2)` over the first part `rampUp`, then all of it. */
export function weightNow(
  context: Pick<MethodContext, "fraction">,
  { weight, rampUp }: { readonly weight: number; readonly rampUp: number },
): Value | number {
  // The place is an input of the step, which methods without a ramp do not have.
  if (rampUp === 0) return weight;
  const rest = Sub(1, Min(Div(context.fraction, rampUp), 1));
  return Mul(Exp(Mul(Mul(rest, rest), -5)), weight);
}
