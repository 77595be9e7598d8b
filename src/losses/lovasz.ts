/**
 * @file Lovász losses: convex surrogates of the intersection over union itself.
 *
 * Berman et al.: The Lovász-Softmax loss, https://arxiv.org/abs/1705.08790. The increments of the Jaccard loss along the sorted
 * errors are computed in closed form instead of as differences, which lose their digits in float32 beyond some 10^5 pixels.
 */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import {
  Add,
  Cast,
  CumSum,
  Div,
  Equal,
  Expand,
  GatherElements,
  Greater,
  Max,
  Mul,
  ReduceMean,
  ReduceSum,
  Relu,
  Reshape,
  Slice,
  Sub,
  TopK,
  Transpose,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { fromLogits, ignoreIndex, lossKind, type Task, tasks } from "./loss.js";
import { labelsOf, meanOver, probabilitiesOf } from "./targets.js";

const shape = {
  /** Loss of each image by itself, averaged, in place of the loss of the batch as one image. */
  perImage: z.boolean().default(false),
  /** The hinge for two classes too, on the difference of their logits; it has no softmax to saturate. */
  hinge: z.boolean().default(false),
  fromLogits,
  ignoreIndex,
};

/**
 * `sum_i max(e_i, 0) dJ_i` of each row, errors e falling, dJ what the i-th error adds to the Jaccard loss `1 - I/U`.
 *
 * A positive pixel takes one off I, which adds `1/U`; a negative one adds one to U, which adds `I / (U (U-1))`. Where there is
 * nothing positive the first error takes the loss from 0 to 1. Errors that must not count are negative.
 */
function lovaszOfRows(errors: Value, labels: Value): { losses: Value; positives: Value } {
  const { values, indices } = TopK(errors, errors.shape[1] as number, 1);
  const label = GatherElements(labels, indices, 1);
  const positives = ReduceSum(label, { axes: [1], keepdims: true });
  const negative = Sub(1, label);
  const intersection = Sub(positives, CumSum(label, 1));
  const union = Add(positives, CumSum(negative, 1));
  const before = Sub(union, negative);
  const step = Add(label, Mul(negative, Div(intersection, Max(before, 1))));
  const increments = Add(Div(step, union), Cast(Equal(before, 0), union.dtype));
  return {
    losses: ReduceSum(Mul(Relu(values), increments), { axes: [1] }),
    positives: Reshape(positives, [errors.shape[0]!]),
  };
}

/** `[N, C, ...]` as one row for each image or for the batch, and within them for each of `groups` channels. */
function rowsOf(x: Value, perImage: boolean, perChannel: boolean): Value {
  const [n, c, ...sizes] = x.shape as number[];
  const pixels = sizes.reduce((p, d) => p * d, 1);
  if (perImage) return Reshape(x, perChannel ? [n! * c!, pixels] : [n!, c! * pixels]);
  if (!perChannel) return Reshape(x, [1, n! * c! * pixels]);
  return Reshape(Transpose(Reshape(x, [n!, c!, pixels]), [1, 0, 2]), [c!, n! * pixels]);
}

/** Hinge of each logit against its label: `1 - x` for positive pixels, `1 + x` for negative ones. */
const hingeErrors = (logits: Value, labels: Value): Value => Sub(1, Mul(logits, Sub(Mul(labels, 2), 1)));

/** `|y - p|` for labels 0 and 1, without a kink. */
const probabilityErrors = (p: Value, labels: Value): Value => Add(Mul(p, Sub(1, Mul(labels, 2))), labels);

function errorsOf(logits: Value, labels: Value, task: Task, fromLogits: boolean): Value {
  if (task !== "multiclass") return hingeErrors(logits, labels);
  return probabilityErrors(fromLogits ? probabilitiesOf(logits, task) : logits, labels);
}

const channel = (x: Value, index: number): Value => Slice(x, [1], [index], [index + 1]);

/** Labels and errors of two classes as of one question: is it the second? */
function hingeOfTwo(logits: Value, labels: Value): { labels: Value; errors: Value } {
  if (logits.shape[1] !== 2)
    throw new UsageError({ expected: "two classes for the hinge", found: `${logits.shape[1]} classes` });
  const second = channel(labels, 1);
  return { labels: second, errors: hingeErrors(Sub(channel(logits, 1), channel(logits, 0)), second) };
}

/**
 * Lovász-Softmax for multiclass: mean over the classes that have a labelled pixel. Lovász hinge for the two-valued tasks (and,
 * asked for, two classes), all channels in one pool. Minimum 0; the hinge reaches it where every logit is beyond 1 on its side.
 *
 * Positions are counted in float32, which is exact up to 2^24 pixels in a row.
 */
export const lovasz = lossKind("lovasz", { tasks, shape }, (logits, target, options, task) => {
  const { perImage, hinge, fromLogits, ignoreIndex } = options;
  const perChannel = task === "multiclass" && !hinge;
  const { labels: ofChannels, counted } = labelsOf(logits, target, task, ignoreIndex);
  const { labels, errors } =
    task === "multiclass" && hinge
      ? hingeOfTwo(logits, ofChannels)
      : { labels: ofChannels, errors: errorsOf(logits, ofChannels, task, fromLogits) };
  // Ignored pixels get the error -1: sorted behind all that count, cut off by max(e, 0).
  const kept = Add(Mul(errors, counted), Sub(counted, 1));
  const { losses, positives } = lovaszOfRows(
    rowsOf(kept, perImage, perChannel),
    rowsOf(Expand(labels, errors.shape), perImage, perChannel),
  );
  if (!perChannel) return ReduceMean(losses);
  const byImage = [perImage ? (logits.shape[0] as number) : 1, logits.shape[1]!];
  const present = Reshape(Cast(Greater(positives, 0), losses.dtype), byImage);
  const sum = ReduceSum(Mul(Reshape(losses, byImage), present), { axes: [1] });
  return ReduceMean(meanOver(sum, ReduceSum(present, { axes: [1] })));
});
