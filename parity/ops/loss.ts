/** @file Builders of the loss fixtures. */
import { LogSoftmax, Mul, type Value } from "../../src/graph/index.js";
import {
  buildLoss,
  huber,
  klDivergence,
  meanAbsoluteError,
  meanOfLargest,
  meanSquaredError,
  negativeLogLikelihood,
  pixelLogLosses,
  smoothL1,
  softCrossEntropy,
} from "../../src/losses/index.js";
import type { CaseBuilder, OpTable } from "./run.js";

/** Sizes of everything but batch and channels. */
const pixelsOf = (x: Value): number => (x.shape.slice(2) as number[]).reduce((p, d) => p * d, 1);

const of =
  (loss: (x: Value, y: Value) => Value): CaseBuilder =>
  ({ x, y }) => ({ out: loss(x!, y!) });

export const lossCases: OpTable = {
  cross_entropy: ({ x, target, w }, { reduction, ignore_index = null, label_smoothing = 0 }) => {
    const options = { classWeights: w, ignoreIndex: ignore_index, labelSmoothing: label_smoothing };
    const log = LogSoftmax(x!, 1);
    if (reduction === "none") return { out: pixelLogLosses(log, target!, options).losses };
    return { out: negativeLogLikelihood(log, target!, { ...options, reduction }) };
  },
  "cross_entropy with probabilities": ({ x, p }) => ({ out: softCrossEntropy(x!, p!) }),
  nll_loss: ({ x, target }, { ignore_index }) => ({
    out: negativeLogLikelihood(x!, target!, { ignoreIndex: ignore_index }),
  }),
  bce_with_logits: ({ x, y }, { pos_weight = 1 }) => ({
    out: buildLoss({ name: "binaryCrossEntropy", posWeight: pos_weight, ignoreIndex: null }, "binary")(x!, y!),
  }),
  mse_loss: of(meanSquaredError),
  l1_loss: of(meanAbsoluteError),
  smooth_l1_loss: ({ x, y }, { beta }) => ({ out: smoothL1(x!, y!, beta) }),
  huber_loss: ({ x, y }, { delta }) => ({ out: huber(x!, y!, delta) }),
  // `batchmean` divides by the batch alone, ours by the pixels.
  "kl_div(log_softmax(x), softmax(q))": ({ x, q }) => ({ out: Mul(klDivergence(x!, q!), pixelsOf(x!)) }),
  "mean of the 12 largest pixel losses": ({ x, target }) => {
    const { losses, weights } = pixelLogLosses(LogSoftmax(x!, 1), target!);
    return { out: meanOfLargest(losses, weights, 12) };
  },
};
