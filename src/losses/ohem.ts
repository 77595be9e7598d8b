/**
 * @file Cross-entropy with online hard example mining: only pixels that the network is not sure of count.
 *
 * Wu et al.: Bridging category-level and instance-level semantic image segmentation, https://arxiv.org/abs/1605.06885. Numbers
 * equal those of the form in use for Cityscapes (threshold 0.7, 200,000 pixels of a batch kept), e.g. in UniMatch.
 */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import {
  And,
  Cast,
  Greater,
  GreaterOrEqual,
  LogSoftmax,
  Min,
  Mul,
  Reshape,
  Slice,
  StopGradient,
  TopK,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, ignoreIndex, lossKind } from "./loss.js";
import { pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver, total } from "./targets.js";

const shape = {
  /** Probability of the true class up to which a pixel counts. */
  threshold: z.number().positive().max(1).default(0.7),
  /** Pixels of the batch that count at least, the hardest: a share below 1, a number from 1 on. */
  minKept: z.number().min(0).default(0.15),
  classWeights,
  ignoreIndex,
};

/** The `count`-th largest of all elements, as `[1]`. */
function nthLargest(x: Value, count: number): Value {
  const pixels = (x.shape as readonly number[]).reduce((p, d) => p * d, 1);
  const kept = Math.min(count, pixels);
  return Slice(TopK(Reshape(x, [pixels]), kept, 0).values, [0], [kept - 1], [kept]);
}

/**
 * Cross-entropy of the pixels whose true class has a probability up to `threshold`, or up to that of the `minKept`-th hardest
 * pixel where fewer have; all that count where fewer than `minKept` count. Divided by the summed class weights of those kept.
 *
 * Which pixels are hard is decided without class weights. Minimum 0.
 */
export const ohem = lossKind(
  "ohem",
  { tasks: ["multiclass"], shape, classWeights: "mined pixels" },
  (logits, target, { threshold, minKept, classWeights: weightsOfClasses, ignoreIndex }) => {
    if (minKept >= 1 && !Number.isInteger(minKept))
      throw new UsageError({ expected: "a share below 1 or a whole number of pixels", found: `minKept ${minKept}` });
    const log = LogSoftmax(logits, 1);
    const plain = pixelLogLosses(log, target, { ignoreIndex });
    const { losses, weights } = weightsOfClasses
      ? pixelLogLosses(log, target, { classWeights: weightsOfClasses, ignoreIndex })
      : plain;
    const hardness = StopGradient(plain.losses);
    const pixels = (hardness.shape as readonly number[]).reduce((p, d) => p * d, 1);
    const count = minKept < 1 ? Math.round(minKept * pixels) : minKept;
    const easiest = hardness.graph.scalar(-Math.log(threshold), hardness.dtype);
    // Ignored pixels have the loss 0 and come last: where they are among the `count`, everything is hard enough.
    const bound = count === 0 ? easiest : Min(easiest, nthLargest(hardness, count));
    const kept = Cast(And(GreaterOrEqual(hardness, bound), Greater(plain.weights, 0)), losses.dtype);
    return meanOver(total(Mul(losses, kept)), total(Mul(weights, kept)));
  },
);
