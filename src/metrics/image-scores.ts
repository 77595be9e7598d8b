/** @file Scores of each image beside those of the whole set: which images are worst, and the mean over images. */
import { ConfusionMatrix, type ConfusionOptions } from "./confusion.js";
import type { LabelMap } from "./label-map.js";
import { type AbsentRule, nanMean } from "./mean.js";
import { classIou, countedPixels, meanIou, pixelAccuracy } from "./scores.js";

/** Pixels of one image by class, `[numClasses]` each: what IoUs of any set of images are made of. */
export interface ImageCounts {
  /** Truth and prediction. */
  readonly intersections: ArrayLike<number>;
  /** Truth or prediction. */
  readonly unions: ArrayLike<number>;
  readonly truth: ArrayLike<number>;
}

export interface ImageScore {
  readonly name: string;
  /** Pixels that counted. */
  readonly counted: number;
  readonly pixelAccuracy: number;
  readonly meanIou: number;
  /** One per class; NaN for a class in neither map of this image. */
  readonly iou: Float64Array;
  readonly counts: ImageCounts;
}

export interface ImageMeans {
  readonly pixelAccuracy: number;
  readonly meanIou: number;
  /** Images that took part. */
  readonly images: number;
  /** Names of the images without any counted pixel; they are left out. */
  readonly leftOut: readonly string[];
}

function countsOf(matrix: ConfusionMatrix): ImageCounts {
  const [truth, predicted] = [matrix.truthCounts(), matrix.predictionCounts()];
  const intersections = truth.map((_, k) => matrix.at(k, k));
  return { intersections, unions: truth.map((count, k) => count + predicted[k]! - intersections[k]!), truth };
}

/**
 * Counts images one by one.
 *
 * `matrix` holds the counts of the whole set (every pixel weighs the same); `means()` lets every image weigh the same.
 * The two differ as soon as images differ in what they show.
 */
export class ImageScores {
  readonly matrix: ConfusionMatrix;
  readonly images: ImageScore[] = [];
  readonly #options: ConfusionOptions;
  readonly #absent: AbsentRule;

  constructor(numClasses: number, options: ConfusionOptions & { absent?: AbsentRule } = {}) {
    const { absent, ...rest } = options;
    this.matrix = new ConfusionMatrix(numClasses, rest);
    this.#options = rest;
    this.#absent = absent ?? "skip";
  }

  /**
   * Counts one image and returns its scores.
   *
   * @throws DataError when the sizes differ.
   */
  add(name: string, truth: LabelMap, prediction: LabelMap): ImageScore {
    const matrix = new ConfusionMatrix(this.matrix.numClasses, this.#options).addMap(truth, prediction);
    this.matrix.merge(matrix);
    const score = {
      name,
      counted: countedPixels(matrix),
      pixelAccuracy: pixelAccuracy(matrix),
      meanIou: meanIou(matrix, this.#absent),
      iou: classIou(matrix),
      counts: countsOf(matrix),
    };
    this.images.push(score);
    return score;
  }

  /** Means over the images that have a counted pixel. */
  means(): ImageMeans {
    const scored = this.images.filter(({ counted }) => counted > 0);
    return {
      pixelAccuracy: nanMean(scored.map((image) => image.pixelAccuracy)),
      meanIou: nanMean(scored.map((image) => image.meanIou)),
      images: scored.length,
      leftOut: this.images.filter(({ counted }) => counted === 0).map(({ name }) => name),
    };
  }

  /** The `count` images with the lowest mean IoU, worst first; images without a mean IoU are left out. */
  worst(count: number): ImageScore[] {
    return this.images
      .filter((image) => !Number.isNaN(image.meanIou))
      .sort((a, b) => a.meanIou - b.meanIou)
      .slice(0, count);
  }
}
