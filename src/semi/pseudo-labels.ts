/** @file Pseudo-labels inside the graph: the class that a network finds for each pixel, how sure it is, and losses against them. */
import {
  Add,
  ArgMax,
  Cast,
  Concat,
  Div,
  Equal,
  GreaterOrEqual,
  Less,
  LogSoftmax,
  MatMul,
  Max,
  Mul,
  ReduceMax,
  ReduceSum,
  Reshape,
  Softmax,
  StopGradient,
  Transpose,
  Unsqueeze,
  type Value,
} from "../graph/index.js";
import { pixelLogLosses } from "../losses/pixel-log-losses.js";
import { alongChannels, total } from "../losses/targets.js";

/** What a network says about images without labels. Nothing of it has a gradient. */
export interface PseudoLabels {
  /** Class with the largest probability, int32 [N, H, W]. */
  readonly classes: Value;
  /** That probability [N, H, W], 0 to 1. */
  readonly confidence: Value;
}

/** Added to logits of a class that was never learnt, so that it never wins. */
const never = -1e4;

/**
 * The pseudo-labels of logits [N, K, H, W].
 *
 * @param classWeights weights in the loss of labelled images: they bend probabilities towards rare classes, which is undone here, as
 *   `unweigh` does in self-training
 */
export function pseudoLabels(logits: Value, classWeights: readonly number[] | null = null): PseudoLabels {
  const offsets = classWeights?.map((weight) => (weight > 0 ? -Math.log(weight) : never));
  const free = offsets ? Add(logits, alongChannels(offsets, logits)) : logits;
  const probabilities = Softmax(StopGradient(free), 1);
  return {
    classes: Cast(ArgMax(probabilities, 1), "int32"),
    confidence: ReduceMax(probabilities, { axes: [1] }),
  };
}

/** 1 where a pixel counts and its confidence [N, H, W] reaches the threshold, else 0. */
export const confident = (confidence: Value, threshold: number, valid: Value): Value =>
  threshold <= 0 ? valid : Mul(Cast(GreaterOrEqual(confidence, threshold), valid.dtype), valid);

/** What `pseudoLoss` learns from. */
export interface PseudoTarget {
  /** Pseudo-labels int32 [N, H, W]. */
  readonly classes: Value;
  /** 1 where a pixel is learnt from [N, H, W], else 0. */
  readonly keep: Value;
  /** 1 where there is image [N, H, W], else 0. */
  readonly valid: Value;
  /** As in the loss of labelled images, so that both have the same optimum. */
  readonly classWeights?: readonly number[] | null;
}

/**
 * Cross-entropy of logits [N, K, H, W] against classes where they are kept, divided by the number (the weights) of all valid pixels:
 * pixels below a threshold stay in the denominator, so that a batch with few sure pixels moves the weights little.
 */
export function pseudoLoss(logits: Value, { classes, keep, valid, classWeights = null }: PseudoTarget): Value {
  const options = { ignoreIndex: null, ...(classWeights ? { classWeights } : {}) };
  const { losses, weights } = pixelLogLosses(LogSoftmax(logits, 1), classes, options);
  return Div(total(Mul(losses, keep)), Max(total(classWeights ? Mul(weights, valid) : valid), 1));
}

/** What is counted of pseudo-labels, one row each; they add up over batches. */
export const pseudoCounts = ["predicted", "confidence", "kept", "known", "right"] as const;

/**
 * Table [5, K] for the record: for each class the pixels predicted, the sum of their confidence, those kept, of these the ones
 * whose true class is known (`truth` [N, H, W] below K; for study only), and the ones that are right.
 */
export function countPseudoLabels(
  { classes, confidence }: PseudoLabels,
  { keep, valid, truth }: { readonly keep: Value; readonly valid: Value; readonly truth: Value },
  numClasses: number,
): Value {
  const { graph } = classes;
  const float = (condition: Value): Value => Cast(condition, "float32");
  const numbers = graph.constant(
    Int32Array.from({ length: numClasses }, (_, i) => i),
    [1, numClasses, 1, 1],
  );
  const [n, h, w] = classes.shape as [number, number, number];
  const predicted = Mul(float(Equal(Unsqueeze(classes, [1]), numbers)), Unsqueeze(valid, [1]));
  const known = Mul(keep, float(Less(truth, numClasses)));
  const right = Mul(known, float(Equal(classes, truth)));
  const rows = Concat(
    [valid, confidence, keep, known, right].map((row) => Unsqueeze(row, [1])),
    1,
  );
  const table = MatMul(
    Reshape(rows, [n, rows.shape[1] as number, h * w]),
    Transpose(Reshape(predicted, [n, numClasses, h * w]), [0, 2, 1]),
  );
  return ReduceSum(table, { axes: [0] });
}
