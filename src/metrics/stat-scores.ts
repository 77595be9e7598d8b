/**
 * @file Scores of true and false positives and negatives, with every order of averaging over images and classes.
 *
 * Names and reductions follow segmentation_models.pytorch, so that numbers can be compared; where its rules surprise, the
 * comment says so.
 */
import { UsageError } from "../errors/index.js";
import type { StatCounts } from "./stats.js";

interface Cell {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

const sensitivity = ({ tp, fn }: Cell): number => tp / (tp + fn);
const specificity = ({ tn, fp }: Cell): number => tn / (tn + fp);
const positivePredictiveValue = ({ tp, fp }: Cell): number => tp / (tp + fp);
const negativePredictiveValue = ({ tn, fn }: Cell): number => tn / (tn + fn);
const falseNegativeRate = ({ tp, fn }: Cell): number => fn / (fn + tp);
const falsePositiveRate = ({ tn, fp }: Cell): number => fp / (fp + tn);
const fbeta = ({ tp, fp, fn }: Cell, beta: number): number => {
  const hits = (1 + beta ** 2) * tp;
  return hits / (hits + beta ** 2 * fn + fp);
};

const formulas = {
  fbeta,
  f1: (cell: Cell): number => fbeta(cell, 1),
  iou: ({ tp, fp, fn }: Cell): number => tp / (tp + fp + fn),
  accuracy: ({ tp, fp, fn, tn }: Cell): number => (tp + tn) / (tp + fp + fn + tn),
  precision: positivePredictiveValue,
  recall: sensitivity,
  sensitivity,
  specificity,
  balancedAccuracy: (cell: Cell): number => (sensitivity(cell) + specificity(cell)) / 2,
  positivePredictiveValue,
  negativePredictiveValue,
  falseNegativeRate,
  falsePositiveRate,
  falseDiscoveryRate: (cell: Cell): number => 1 - positivePredictiveValue(cell),
  falseOmissionRate: (cell: Cell): number => 1 - negativePredictiveValue(cell),
  positiveLikelihoodRatio: (cell: Cell): number => sensitivity(cell) / falsePositiveRate(cell),
  negativeLikelihoodRatio: (cell: Cell): number => falseNegativeRate(cell) / specificity(cell),
} as const;

export type StatScore = keyof typeof formulas;

/** The names of all scores. */
export const statScoreNames = Object.keys(formulas) as StatScore[];

interface ScoreOptions {
  /** What 0/0 becomes, 0 unless given; NaN keeps it undefined. Division of something by 0 stays infinite. */
  zeroDivision?: number;
  /** Weight of recall against precision in `fbeta`, 1 unless given. */
  beta?: number;
}

/**
 * The order of averaging.
 *
 * `micro`: counts of all images and classes are pooled; here 0/0 stays NaN whatever `zeroDivision` says.
 * `macro`: counts are pooled over images, scores averaged over classes. `weighted`: the same with class weights, scaled to sum 1.
 * `*-imagewise`: scores of each image first (`micro`: over its pooled counts), then averaged. `weighted-imagewise` takes the
 * mean of weight x score, so it comes out smaller than an average by the number of classes: kept, so that it equals the reference.
 */
export type StatReduction =
  | { reduction: "micro" | "macro" | "micro-imagewise" | "macro-imagewise" }
  | { reduction: "weighted" | "weighted-imagewise"; classWeights: ArrayLike<number> };

/** Pools counts to `[groups]`, group `of(image, class)`. */
function pool(counts: StatCounts, groups: number, of: (image: number, index: number) => number): Cell[] {
  const pooled = Array.from({ length: groups }, () => ({ tp: 0, fp: 0, fn: 0, tn: 0 }));
  for (let image = 0, i = 0; image < counts.numImages; image++)
    for (let index = 0; index < counts.numClasses; index++, i++) {
      const cell = pooled[of(image, index)]!;
      cell.tp += counts.tp[i]!;
      cell.fp += counts.fp[i]!;
      cell.fn += counts.fn[i]!;
      cell.tn += counts.tn[i]!;
    }
  return pooled;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function evaluate(cells: readonly Cell[], score: StatScore, { zeroDivision = 0, beta = 1 }: ScoreOptions): number[] {
  return cells.map((cell) => {
    const value = formulas[score](cell, beta);
    return Number.isNaN(value) ? zeroDivision : value;
  });
}

function normalized(weights: ArrayLike<number>, numClasses: number): number[] {
  const sum = mean(weights) * weights.length;
  if (weights.length !== numClasses || !(sum > 0))
    throw new UsageError({
      found: `class weights [${Array.from(weights)}]`,
      expected: `${numClasses} numbers with a positive sum, one per class`,
    });
  return Array.from(weights, (weight) => weight / sum);
}

/** A score of each image and class, `[numImages, numClasses]` row-major. */
export function statScoreEach(counts: StatCounts, score: StatScore, options: ScoreOptions = {}): Float64Array {
  const { numImages, numClasses } = counts;
  const cells = pool(counts, numImages * numClasses, (image, index) => image * numClasses + index);
  return Float64Array.from(evaluate(cells, score, options));
}

/**
 * One number for all images and classes.
 *
 * @throws UsageError when the class weights do not fit the classes.
 */
export function statScore(counts: StatCounts, score: StatScore, options: StatReduction & ScoreOptions): number {
  const { numImages, numClasses } = counts;
  const classScores = () =>
    evaluate(
      pool(counts, numClasses, (_, index) => index),
      score,
      options,
    );
  switch (options.reduction) {
    case "micro":
      return evaluate(
        pool(counts, 1, () => 0),
        score,
        { ...options, zeroDivision: Number.NaN },
      )[0]!;
    case "macro":
      return mean(classScores());
    case "weighted": {
      const weights = normalized(options.classWeights, numClasses);
      return classScores().reduce((sum, value, index) => sum + value * weights[index]!, 0);
    }
    case "micro-imagewise":
      return mean(
        evaluate(
          pool(counts, numImages, (image) => image),
          score,
          options,
        ),
      );
    case "macro-imagewise":
      return mean(statScoreEach(counts, score, options));
    case "weighted-imagewise": {
      const weights = normalized(options.classWeights, numClasses);
      return mean(statScoreEach(counts, score, options).map((value, i) => value * weights[i % numClasses]!));
    }
  }
}
