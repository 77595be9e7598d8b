/**
 * @file Cross-entropy of one class a pixel, with class weights, ignored pixels and label smoothing.
 *
 * All as in PyTorch, except the mean over no pixel at all.
 */
import { LogSoftmax, Mul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, ignoreIndex, labelSmoothing, lossKind, reduction } from "./loss.js";
import { type PixelLossOptions, pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver, total } from "./targets.js";

const shape = { classWeights, ignoreIndex, labelSmoothing, reduction };

export interface LikelihoodOptions extends PixelLossOptions {
  /** Default: mean. */
  readonly reduction?: "mean" | "sum";
}

/**
 * Loss of log-probabilities `[N, C, ...]` whose target class is given, PyTorch's `nll_loss`.
 *
 * `mean` divides by the summed weights of the counted pixels. Where none counts it is 0 with zero gradients, PyTorch's is NaN:
 * a crop without a labelled pixel must not spoil a run.
 */
export function negativeLogLikelihood(logProbabilities: Value, target: Value, options: LikelihoodOptions = {}): Value {
  const { losses, weights } = pixelLogLosses(logProbabilities, target, options);
  return options.reduction === "sum" ? total(losses) : meanOver(total(losses), total(weights));
}

/** Mean over pixels of `-sum_c q_c log p_c` for target probabilities q `[N, C, ...]`, as distillation and mixing of images need. */
export function softCrossEntropy(logits: Value, probabilities: Value): Value {
  const pixels = (logits.shape as readonly number[]).reduce((p, d, axis) => (axis === 1 ? p : p * d), 1);
  return Mul(total(Mul(LogSoftmax(logits, 1), probabilities)), -1 / pixels);
}

/** Cross-entropy of logits `[N, C, H, W]` and class numbers `[N, H, W]`. Minimum 0 without smoothing. */
export const crossEntropy = lossKind(
  "crossEntropy",
  { tasks: ["multiclass"], shape, classWeights: "pixels" },
  (logits, target, options) => negativeLogLikelihood(LogSoftmax(logits, 1), target, options),
);
