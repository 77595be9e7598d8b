/** @file Jaccard loss, the soft intersection over union of each class. Rahman, Wang, https://doi.org/10.1007/978-3-319-50835-1_22 */
import { lossKind, tasks } from "./loss.js";
import { overlapLoss, overlapShape } from "./overlap.js";

/** One minus `(I + smooth) / (P + Y - I + smooth)`; minimum 0. */
export const jaccard = lossKind(
  "jaccard",
  { tasks, shape: overlapShape, classWeights: "classes" },
  (logits, target, options, task) => overlapLoss(logits, target, options, task, { falsePositive: 1, falseNegative: 1 }),
);
