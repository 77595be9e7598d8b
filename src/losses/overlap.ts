/**
 * @file What Dice, Jaccard and Tversky losses share. All three are Tversky's index with other prices of the two kinds of error:
 * 1/2 and 1/2 for Dice, 1 and 1 for Jaccard.
 */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { Add, Cast, Clip, Div, Gather, Greater, Log, Mul, Neg, ReduceMean, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { classWeights, fromLogits, ignoreIndex, type Task } from "./loss.js";
import { classVector, labelsOf, meanOver, probabilitiesOf, sumOfClass, total } from "./targets.js";

/** Options of every overlap loss. */
export const overlapShape = {
  /** `-log(score)` in place of `1 - score`. */
  logLoss: z.boolean().default(false),
  /** Added to both sides of the quotient: larger values soften it for small objects. */
  smooth: z.number().min(0).default(0),
  /** Smallest denominator. */
  eps: z.number().positive().default(1e-7),
  /** Classes that count (default: all); not for binary tasks. */
  classes: z.array(z.int().min(0)).min(1).optional(),
  classWeights,
  fromLogits,
  ignoreIndex,
};

type Options = z.output<z.ZodObject<typeof overlapShape>>;

/** What false positives and false negatives cost, against 1 for a pixel of the intersection. */
export interface Prices {
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/**
 * Mean over classes of one minus Tversky's index `(I + smooth) / (I + a (P - I) + b (Y - I) + smooth)`, I, P and Y the areas of
 * intersection, prediction and label over the whole batch, a and b the prices.
 */
export function overlapLoss(logits: Value, target: Value, options: Options, task: Task, prices: Prices): Value {
  const { smooth, eps, ignoreIndex } = options;
  const { labels, counted } = labelsOf(logits, target, task, ignoreIndex);
  const p = options.fromLogits ? probabilitiesOf(logits, task) : logits;
  const intersection = sumOfClass(Mul(p, labels));
  const predicted = sumOfClass(ignoreIndex === null ? p : Mul(p, counted));
  const labelled = sumOfClass(labels);
  const errors = Add(
    Mul(Sub(predicted, intersection), prices.falsePositive),
    Mul(Sub(labelled, intersection), prices.falseNegative),
  );
  const whole = Add(Add(intersection, errors), smooth);
  return lossOfScores(Div(Add(intersection, smooth), Clip(whole, eps, Infinity)), labelled, options);
}

/**
 * `1 - score` or `-log(score)` of each class, averaged over classes (weighted where `classWeights` are given).
 *
 * As in segmentation_models.pytorch, a class without a labelled pixel in the batch adds 0 but counts in the average.
 */
function lossOfScores(scores: Value, labelled: Value, options: Options): Value {
  const { logLoss, eps, classes, classWeights: weights } = options;
  const losses = logLoss ? Neg(Log(Clip(scores, eps, Infinity))) : Sub(1, scores);
  const present = Mul(losses, Cast(Greater(labelled, 0), losses.dtype));
  const numClasses = scores.shape[0] as number;
  const wrong = classes?.find((index) => index >= numClasses);
  if (wrong !== undefined)
    throw new UsageError({ expected: `classes below ${numClasses}`, found: `class ${wrong} in the option classes` });
  const pick = (x: Value): Value =>
    classes ? Gather(x, x.graph.constant(Int32Array.from(classes), [classes.length]), 0) : x;
  if (!weights) return ReduceMean(pick(present));
  const byClass = pick(classVector(weights, numClasses, scores));
  return meanOver(total(Mul(pick(present), byClass)), total(byClass));
}
