/** @file Binary cross-entropy of each channel by itself, with weights for positive pixels, ignored pixels and label smoothing. */
import { z } from "zod";
import { Add, Mul, Softplus, Sub } from "../graph/ops/index.js";
import { ignoreIndex, labelSmoothing, lossKind, reduction } from "./loss.js";
import { alongChannels, labelsOf, meanOver, total } from "./targets.js";

const shape = {
  /** Factor on the loss of positive pixels: one, or one for each class. */
  posWeight: z.union([z.number().min(0), z.array(z.number().min(0)).min(1)]).default(1),
  ignoreIndex,
  /** Labels 0 and 1 become `s` and `1 - s`. */
  labelSmoothing,
  reduction,
};

/**
 * `softplus(x) - x y` of each logit, which is `-y log s(x) - (1-y) log(1-s(x))` without overflow; with a weight w on positives
 * `(1-y) x + (1 + (w-1) y) (softplus(x) - x)`. Targets may be shares between 0 and 1. Minimum 0 without smoothing.
 */
export const binaryCrossEntropy = lossKind(
  "binaryCrossEntropy",
  { tasks: ["binary", "multilabel"], shape },
  (logits, target, { posWeight, ignoreIndex, labelSmoothing, reduction }, task) => {
    const { labels, counted } = labelsOf(logits, target, task, ignoreIndex);
    const y = labelSmoothing === 0 ? labels : Add(Mul(labels, 1 - 2 * labelSmoothing), labelSmoothing);
    const positive = Softplus(logits);
    const weighted = () => {
      const weights = typeof posWeight === "number" ? [posWeight] : posWeight;
      const extra = weights.map((weight) => weight - 1);
      const factor = Add(Mul(y, extra.length === 1 ? extra[0]! : alongChannels(extra, logits)), 1);
      return Add(Mul(Sub(1, y), logits), Mul(factor, Sub(positive, logits)));
    };
    const losses = posWeight === 1 ? Sub(positive, Mul(logits, y)) : weighted();
    const sum = total(ignoreIndex === null ? losses : Mul(losses, counted));
    return reduction === "sum" ? sum : meanOver(sum, total(counted));
  },
);
