/** @file Focal loss: cross-entropy that fades for pixels that are right already. Lin et al., https://arxiv.org/abs/1708.02002; reduced: https://arxiv.org/abs/1903.01347 */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { Add, Clip, Div, Exp, Less, Mul, ReduceMean, ReduceSum, Softplus, Sub, Where } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, ignoreIndex, lossKind, reduction, tasks } from "./loss.js";
import { classVector, labelsOf, meanOver, sumOfClass, total } from "./targets.js";

const shape = {
  /** Power that fades easy pixels; 0 gives binary cross-entropy. */
  gamma: z.number().min(0).default(2),
  /** Weight of positive pixels, `1 - alpha` of negative ones; undefined weighs both by 1. */
  alpha: z.number().min(0).max(1).optional(),
  /** Divides by the sum of the fading factors. */
  normalized: z.boolean().default(false),
  /** Probability of the true label below which nothing fades (the reduced focal loss). */
  reducedThreshold: z.number().positive().max(1).optional(),
  classWeights,
  ignoreIndex,
  reduction,
};

/** Smallest sum of fading factors to divide by. */
const smallestNorm = 1e-6;

/**
 * `(1-p)^gamma (-log p)` of each logit against its own label, p the probability of that label. Minimum 0.
 *
 * With u the logit turned so that it falls with p, `1-p = s(u)` and `-log p = softplus(u)`; the power is taken as
 * `exp(gamma (u - softplus(u)))`, which has a derivative everywhere. For multiclass each class is a question of its own,
 * and their losses are averaged (by `classWeights`), as in segmentation_models.pytorch.
 */
export const focal = lossKind("focal", { tasks, shape, classWeights: "classes" }, (logits, target, options, task) => {
  const { gamma, alpha, normalized, reducedThreshold, ignoreIndex, reduction } = options;
  if (options.classWeights && task !== "multiclass")
    throw new UsageError({ expected: "a multiclass task for classWeights", found: `loss focal for a ${task} task` });
  const { labels, counted } = labelsOf(logits, target, task, ignoreIndex);
  const u = Mul(logits, Sub(1, Mul(labels, 2)));
  const logLoss = Softplus(u);
  const counts = (x: Value): Value => (ignoreIndex === null && task !== "multiclass" ? x : Mul(x, counted));
  // log(1 - p)
  const logMiss = Sub(u, logLoss);
  const fading = () => {
    if (reducedThreshold === undefined) return Exp(Mul(logMiss, gamma));
    const reduced = Exp(Mul(Sub(logMiss, Math.log(reducedThreshold)), gamma));
    return Where(Less(Exp(logMiss), 1 - reducedThreshold), reduced, 1);
  };
  const factor = counts(fading());
  const faded = Mul(factor, logLoss);
  const weighted = alpha === undefined ? faded : Mul(faded, Add(Mul(labels, 2 * alpha - 1), 1 - alpha));

  // Two-valued tasks are one pool of logits; for multiclass each class is normalised by itself.
  const pooled = task !== "multiclass";
  const sums = pooled ? total(weighted) : sumOfClass(weighted);
  const norms = () => (pooled ? total(factor) : sumOfClass(factor));
  const losses = normalized ? Div(sums, Clip(norms(), smallestNorm, Infinity)) : sums;
  const reduced = reduction === "sum" ? losses : meanOver(losses, total(counted));
  if (pooled) return reduced;
  if (!options.classWeights) return ReduceMean(reduced);
  const weights = classVector(options.classWeights, logits.shape[1] as number, logits);
  return Div(ReduceSum(Mul(reduced, weights)), ReduceSum(weights));
});
