/**
 * @file BF score: the boundary F of every class of a label map.
 *
 * Csurka et al. 2013, https://doi.org/10.5244/C.27.32. Boundaries and matching are those of DAVIS F; the tolerance is 0.75 % of
 * the diagonal, as in the paper. A data set's score is the mean of `meanF` over its images.
 */
import { type BoundaryMatch, classBoundaries, matchBoundaries, toleranceRadius } from "./boundary-match.js";
import { isClass, type LabelMap, requireClassCount, requireSameSize } from "./label-map.js";
import { type AbsentRule, meanOverClasses } from "./mean.js";

export interface BfOptions {
  numClasses: number;
  /** Pixels from 1 on, below that a share of the image diagonal (rounded up to pixels); 0.0075 unless given. */
  tolerance?: number;
  /** Truth value whose pixels belong to no class, in the truth and in the prediction. */
  ignoreIndex?: number;
  /** Rule for the mean over classes; `present-in-truth` unless given. A class that was missed has F 0 under it. */
  absent?: AbsentRule;
}

export interface BfScores {
  /** One per class; null for a class in neither map. */
  readonly classes: readonly (BoundaryMatch | null)[];
  readonly meanF: number;
  /** Tolerance in pixels. */
  readonly radius: number;
}

/**
 * Boundary precision, recall and F of each class of one image.
 *
 * @throws DataError when the sizes differ; UsageError when numClasses is no positive integer.
 */
export function bfScore(truth: LabelMap, prediction: LabelMap, options: BfOptions): BfScores {
  requireSameSize(truth, prediction);
  const { height, width } = truth;
  const { numClasses, tolerance = 0.0075, ignoreIndex, absent = "present-in-truth" } = options;
  requireClassCount(numClasses);
  const radius = toleranceRadius(tolerance, height, width);
  const truthCounts = new Float64Array(numClasses);
  const predictionCounts = new Float64Array(numClasses);
  const labelsOf = (map: LabelMap, counts: Float64Array): Int32Array => {
    const labels = new Int32Array(height * width).fill(-1);
    for (let i = 0; i < labels.length; i++) {
      const label = map.data[i]!;
      if (truth.data[i] === ignoreIndex || !isClass(label, numClasses)) continue;
      counts[label]!++;
      labels[i] = label;
    }
    return labels;
  };
  const truthBoundaries = classBoundaries(labelsOf(truth, truthCounts), height, width, numClasses);
  const predictionBoundaries = classBoundaries(labelsOf(prediction, predictionCounts), height, width, numClasses);
  const classes = truthBoundaries.map((boundary, index) =>
    truthCounts[index]! + predictionCounts[index]! === 0
      ? null
      : matchBoundaries(boundary, predictionBoundaries[index]!, height, width, radius),
  );
  const fOfClass = classes.map((match) => match?.f ?? Number.NaN);
  return { classes, meanF: meanOverClasses(fOfClass, absent, truthCounts), radius };
}
