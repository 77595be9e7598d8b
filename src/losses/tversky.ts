/** @file Tversky loss: Dice with separate prices for false positives and false negatives. Salehi et al., https://arxiv.org/abs/1706.05721; focal: Abraham, Khan, https://arxiv.org/abs/1810.07842 */
import { z } from "zod";
import { Pow } from "../graph/ops/index.js";
import { lossKind, tasks } from "./loss.js";
import { overlapLoss, overlapShape } from "./overlap.js";

const shape = {
  ...overlapShape,
  /** Price of a false positive. */
  alpha: z.number().min(0).default(0.5),
  /** Price of a false negative. */
  beta: z.number().min(0).default(0.5),
  /** Power of the loss; above 1 easy batches count less. */
  gamma: z.number().min(1).default(1),
};

/** Mean over classes of one minus `(I + smooth) / (I + alpha (P - I) + beta (Y - I) + smooth)`, to the power gamma; minimum 0. */
export const tversky = lossKind(
  "tversky",
  { tasks, shape, classWeights: "classes" },
  (logits, target, { alpha, beta, gamma, ...options }, task) => {
    const loss = overlapLoss(logits, target, options, task, { falsePositive: alpha, falseNegative: beta });
    return gamma === 1 ? loss : Pow(loss, gamma);
  },
);
