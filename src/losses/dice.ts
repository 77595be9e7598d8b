/** @file Dice loss, the soft F1 score of each class. Milletari et al.: V-Net, https://arxiv.org/abs/1606.04797; Sudre et al., https://arxiv.org/abs/1707.03237 */
import { lossKind, tasks } from "./loss.js";
import { overlapLoss, overlapShape } from "./overlap.js";

/** One minus `2 (I + smooth) / (P + Y + 2 smooth)`, where papers mostly write half of our smooth; minimum 0. */
export const dice = lossKind(
  "dice",
  { tasks, shape: overlapShape, classWeights: "classes" },
  (logits, target, options, task) =>
    overlapLoss(logits, target, options, task, { falsePositive: 0.5, falseNegative: 0.5 }),
);
