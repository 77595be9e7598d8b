/** @file Logarithmic loss of each pixel, which the cross-entropies add up in different ways. Label smoothing: Szegedy et al., https://arxiv.org/abs/1512.00567 */
import { Add, Mul, Neg, ReduceSum, Squeeze } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { alongChannels, labelsOf } from "./targets.js";

export interface PixelLossOptions {
  /** One for each class: numbers, or a value [C] of the graph. */
  readonly classWeights?: readonly number[] | Value | undefined;
  /** Label of pixels that count nowhere (default 255); null when every pixel counts. */
  readonly ignoreIndex?: number | null;
  /** Share of the label that is spread evenly over the classes (default 0). */
  readonly labelSmoothing?: number;
}

export interface PixelLosses {
  /** Loss of each pixel, `[N, ...]`, already weighted; 0 at ignored pixels. */
  readonly losses: Value;
  /** Weight of each pixel `[N, ...]`: its class weight, 0 at ignored pixels. */
  readonly weights: Value;
}

/** `-w_t log p_t` of each pixel, from log-probabilities `[N, C, ...]`. With smoothing `e`, `-sum_c w_c ((1-e)[c=t] + e/C) log p_c`. */
export function pixelLogLosses(
  logProbabilities: Value,
  target: Value,
  { classWeights: weights, ignoreIndex = 255, labelSmoothing = 0 }: PixelLossOptions = {},
): PixelLosses {
  const { labels, counted } = labelsOf(logProbabilities, target, "multiclass", ignoreIndex);
  const byClass = weights && alongChannels(weights, logProbabilities);
  const overClasses = (x: Value): Value => Squeeze(ReduceSum(x, { axes: [1], keepdims: true }), [1]);
  const weighted = byClass ? Mul(labels, byClass) : labels;
  // The smoothed target is made whole, so that the log-probabilities are read once.
  const share = labelSmoothing / (logProbabilities.shape[1] as number);
  const spread = byClass ? Mul(Mul(byClass, share), counted) : Mul(counted, share);
  const wanted = labelSmoothing === 0 ? weighted : Add(Mul(weighted, 1 - labelSmoothing), spread);
  return {
    losses: Neg(overClasses(Mul(logProbabilities, wanted))),
    weights: byClass ? overClasses(weighted) : Squeeze(counted, [1]),
  };
}
