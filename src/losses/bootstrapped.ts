/** @file Bootstrapped cross-entropy (online hard example mining): only the pixels with the largest losses count. Wu et al., https://arxiv.org/abs/1605.06885 */
import { z } from "zod";
import { Cast, Greater, LogSoftmax, Min, Reshape, TopK } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, ignoreIndex, labelSmoothing, lossKind } from "./loss.js";
import { pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver, total } from "./targets.js";

const shape = {
  /** Share of the batch's pixels that count, those with the largest losses. */
  keep: z.number().positive().max(1).default(0.25),
  classWeights,
  ignoreIndex,
  labelSmoothing,
};

/** Mean of the `count` largest pixel losses, or of all that count where they are fewer; a scalar. */
export function meanOfLargest(losses: Value, weights: Value, count: number): Value {
  const pixels = (losses.shape as readonly number[]).reduce((p, d) => p * d, 1);
  const { values } = TopK(Reshape(losses, [pixels]), count, 0);
  const counted = total(Cast(Greater(weights, 0), losses.dtype));
  return meanOver(total(values), Min(counted, count));
}

/** Mean cross-entropy of the hardest pixels of the batch. Minimum 0 without smoothing. */
export const bootstrapped = lossKind("bootstrapped", { tasks: ["multiclass"], shape }, (logits, target, options) => {
  const { losses, weights } = pixelLogLosses(LogSoftmax(logits, 1), target, options);
  const pixels = (losses.shape as readonly number[]).reduce((p, d) => p * d, 1);
  return meanOfLargest(losses, weights, Math.max(1, Math.round(options.keep * pixels)));
});
