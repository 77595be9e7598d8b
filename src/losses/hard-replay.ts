/**
 * @file Cross-entropy with replay of hard pixels: those that are right but not sure are trained as if they came more than once.
 *
 * Between focal loss, which fades what is sure, and hard example mining, which drops it: wrong pixels, often labelled wrongly
 * along edges, keep the weight they have, and so does what is sure.
 */
import { z } from "zod";
import {
  Add,
  And,
  Cast,
  GreaterOrEqual,
  Less,
  LogSoftmax,
  Mul,
  Neg,
  ReduceMax,
  StopGradient,
} from "../graph/ops/index.js";
import { classWeights, ignoreIndex, lossKind } from "./loss.js";
import { pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver, total } from "./targets.js";

const shape = {
  /** Probability below which a pixel that is right is replayed. */
  threshold: z.number().positive().max(1).default(0.8),
  /** How many times more such a pixel counts. */
  times: z.number().min(0).default(1),
  classWeights,
  ignoreIndex,
};

/**
 * `sum_i w_i r_i (-log p_i) / sum_i w_i r_i` over the counted pixels, w the class weight of a pixel, p the probability of its
 * class, and r = 1 + times where that class is the most probable one and p below `threshold`, else 1. Minimum 0.
 */
export const hardReplay = lossKind(
  "hardReplay",
  { tasks: ["multiclass"], shape, classWeights: "pixels" },
  (logits, target, { threshold, times, classWeights: weightsOfClasses, ignoreIndex }) => {
    const log = LogSoftmax(logits, 1);
    const plain = pixelLogLosses(log, target, { ignoreIndex });
    const { losses, weights } = weightsOfClasses
      ? pixelLogLosses(log, target, { classWeights: weightsOfClasses, ignoreIndex })
      : plain;
    const ofLabel = StopGradient(Neg(plain.losses));
    const right = GreaterOrEqual(ofLabel, StopGradient(ReduceMax(log, { axes: [1] })));
    const unsure = Cast(And(right, Less(ofLabel, Math.log(threshold))), losses.dtype);
    const factor = Add(Mul(unsure, times), 1);
    return meanOver(total(Mul(losses, factor)), total(Mul(weights, factor)));
  },
);
