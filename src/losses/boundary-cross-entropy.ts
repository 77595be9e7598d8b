/**
 * @file Cross-entropy with a weight map that stresses the gaps between touching objects. Ronneberger et al.: U-Net,
 * https://arxiv.org/abs/1505.04597, equations 1 and 2.
 */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { Add, LogSoftmax, Mul } from "../graph/ops/index.js";
import { classWeights, ignoreIndex, lossKind } from "./loss.js";
import { pixelLogLosses } from "./pixel-log-losses.js";
import { meanOver, total } from "./targets.js";

const shape = {
  /** Largest weight that the map adds: between two objects that all but touch. */
  w0: z.number().min(0).default(10),
  /** Width of the gaps that matter, in pixels of the network's input. */
  sigma: z.number().positive().default(5),
  /** Classes that objects are of; default all but the first. */
  objects: z.array(z.int().min(0)).min(1).optional(),
  classWeights,
  ignoreIndex,
};

/**
 * `sum_i (w_i + m_i) (-log p_i) / sum_i (w_i + m_i)` over the counted pixels, w the class weight of a pixel (1 unless given) and
 * m what the map adds. Minimum 0.
 *
 * The map belongs to the mask and is made with the batch; where there is none, as in validation, this is plain cross-entropy.
 */
export const boundaryCrossEntropy = lossKind(
  "boundaryCrossEntropy",
  {
    tasks: ["multiclass"],
    shape,
    classWeights: "pixels",
    weightMap: ({ w0, sigma, objects }) => ({ w0, sigma, ...(objects ? { objects } : {}) }),
  },
  (logits, target, { classWeights: weightsOfClasses, ignoreIndex, objects }, _, pixelWeights) => {
    const numClasses = logits.shape[1] as number;
    const wrong = objects?.find((index) => index >= numClasses);
    if (wrong !== undefined)
      throw new UsageError({ expected: `classes below ${numClasses}`, found: `class ${wrong} in the option objects` });
    const log = LogSoftmax(logits, 1);
    const plain = pixelLogLosses(log, target, { ignoreIndex });
    const { losses, weights } = weightsOfClasses
      ? pixelLogLosses(log, target, { classWeights: weightsOfClasses, ignoreIndex })
      : plain;
    if (!pixelWeights) return meanOver(total(losses), total(weights));
    const weighted = Add(losses, Mul(plain.losses, pixelWeights));
    return meanOver(total(weighted), Add(total(weights), total(Mul(plain.weights, pixelWeights))));
  },
);
