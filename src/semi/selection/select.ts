/** @file Which pixels of an image become pseudo-labels: the class-balanced choice, and the uniform one that it is compared with. */
import { type ClassArray, classArray, type LikelyClasses, mostLikely } from "./probabilities.js";

/** Labels of pixels: class indices, and a value above them all where there is none. */
const emptyLabels = (ignoreIndex: number, length: number): ClassArray =>
  classArray(ignoreIndex + 1, length).fill(ignoreIndex);

/**
 * Class-balanced pseudo-labels (CBST, Zou et al. 2018, https://arxiv.org/abs/1810.07911): `argmax_c P_c/λ_c` where that quotient
 * is at least 1, else `ignoreIndex`.
 *
 * The winner need not be the most likely class: a rare one that is sure by its own measure goes before a common one that is not.
 */
export function selectClassBalanced(
  { counts, classes, values }: LikelyClasses,
  thresholds: ArrayLike<number>,
  ignoreIndex: number,
): ClassArray {
  const labels = emptyLabels(ignoreIndex, counts.length);
  for (let i = 0, entry = 0; i < counts.length; i++) {
    let most = 0;
    for (const end = entry + counts[i]!; entry < end; entry++) {
      const ratio = values[entry]! / thresholds[classes[entry]!]!;
      if (ratio < 1 || ratio <= most) continue;
      most = ratio;
      labels[i] = classes[entry]!;
    }
  }
  return labels;
}

/** The most likely class where its probability reaches the threshold of that class, else `ignoreIndex`. */
export function selectMostLikely(image: LikelyClasses, thresholds: ArrayLike<number>, ignoreIndex: number): ClassArray {
  const { classes, confidence } = mostLikely(image);
  const labels = emptyLabels(ignoreIndex, classes.length);
  for (let i = 0; i < labels.length; i++) if (confidence[i]! >= thresholds[classes[i]!]!) labels[i] = classes[i]!;
  return labels;
}

/** The most likely class where its probability is at least `minConfidence`, else `ignoreIndex`. */
export function selectUniform(image: LikelyClasses, minConfidence: number, ignoreIndex: number): ClassArray {
  return selectMostLikely(image, new Float64Array(image.numClasses).fill(minConfidence), ignoreIndex);
}
