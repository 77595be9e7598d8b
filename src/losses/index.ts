/** @file Losses in graph operators. */
export { meanOfLargest } from "./bootstrapped.js";
export { type WeightedLoss, weightedSum, withAuxiliary } from "./combine.js";
export { type LikelihoodOptions, negativeLogLikelihood, softCrossEntropy } from "./cross-entropy.js";
export { klDivergence } from "./kl-divergence.js";
export {
  type ClassWeighting,
  type LossFunction,
  type LossKind,
  type Task,
  tasks,
  type WeightMapOptions,
} from "./loss.js";
export { type PixelLosses, type PixelLossOptions, pixelLogLosses } from "./pixel-log-losses.js";
export { buildLoss, type LossName, type LossOptions, losses, lossesFor, lossSchema, weightMapOf } from "./registry.js";
export { huber, meanAbsoluteError, meanSquaredError, smoothL1 } from "./regression.js";
