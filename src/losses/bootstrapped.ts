/** @file Bootstrapped cross-entropy: only the pixels with the largest losses count, however sure they are. Pohlen et al.: FRRN, https://arxiv.org/abs/1611.08323 */
import { z } from "zod";
import { Cast, Greater, LogSoftmax, Min, ReduceSum, Reshape, TopK } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, ignoreIndex, labelSmoothing, lossKind } from "./loss.js";
import { pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver } from "./targets.js";

const shape = {
  /** Share of the pixels that count, those with the largest losses. */
  keep: z.number().positive().max(1).default(0.25),
  /** The hardest pixels of each image, as in the paper, in place of those of the batch. */
  perImage: z.boolean().default(false),
  classWeights,
  ignoreIndex,
  labelSmoothing,
};

/**
 * Mean of the `count` largest pixel losses, or of all that count where they are fewer, of each row `[N, P]`, averaged over the
 * rows that have a counted pixel; a scalar.
 */
function meanOfLargestInRows(losses: Value, weights: Value, count: number): Value {
  const values = ReduceSum(TopK(losses, count, 1).values, { axes: [1] });
  const counted = ReduceSum(Cast(Greater(weights, 0), losses.dtype), { axes: [1] });
  const present = Cast(Greater(counted, 0), losses.dtype);
  return meanOver(ReduceSum(meanOver(values, Min(counted, count))), ReduceSum(present));
}

const pixelsOf = (x: Value): number => (x.shape as readonly number[]).reduce((p, d) => p * d, 1);

/** Mean of the `count` largest pixel losses, or of all that count where they are fewer; a scalar. */
export function meanOfLargest(losses: Value, weights: Value, count: number): Value {
  const row = (x: Value): Value => Reshape(x, [1, pixelsOf(x)]);
  return meanOfLargestInRows(row(losses), row(weights), count);
}

/**
 * Mean cross-entropy of the hardest pixels of the batch or of each image. Minimum 0 without smoothing.
 *
 * Which are hardest is decided by the losses as they count, class weights included.
 */
export const bootstrapped = lossKind(
  "bootstrapped",
  { tasks: ["multiclass"], shape, classWeights: "mined pixels" },
  (logits, target, { keep, perImage, ...options }) => {
    const { losses, weights } = pixelLogLosses(LogSoftmax(logits, 1), target, options);
    const pixels = pixelsOf(losses) / (perImage ? (losses.shape[0] as number) : 1);
    const count = Math.max(1, Math.round(keep * pixels));
    if (!perImage) return meanOfLargest(losses, weights, count);
    const rows = (x: Value): Value => Reshape(x, [x.shape[0]!, pixels]);
    return meanOfLargestInRows(rows(losses), rows(weights), count);
  },
);
