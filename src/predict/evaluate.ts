/** @file Evaluation: predicts every sample of a split and compares the masks with the truth, at full size. */
import { loadSample } from "../data/load.js";
import type { LoadedSample, Sample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import {
  type AbsentRule,
  type ConfusionMatrix,
  type ImageMeans,
  type ImageScore,
  ImageScores,
  type ScoreTable,
  scoreTable,
} from "../metrics/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import { resizeMask } from "../raster/resize-mask.js";
import { ahead } from "../util/ahead.js";
import { type BoundaryResult, BoundaryScores } from "./boundary-scores.js";
import type { PredictOptions, Predictor } from "./predictor.js";

export interface EvaluateOptions extends Omit<PredictOptions, "outputSize"> {
  /** Size at which masks are compared, and that the predicted masks have; default each mask's own. */
  readonly size?: readonly [height: number, width: number];
  /** Whether outlines are scored too. */
  readonly boundary?: boolean;
  /** What a class in neither truth nor prediction does to means; default `skip`. */
  readonly absent?: AbsentRule;
}

/** One image that was compared. */
export interface EvaluatedImage {
  readonly sample: Sample;
  readonly image: Raster;
  /** Truth and prediction, in the size at which they are compared. */
  readonly truth: Mask;
  readonly prediction: Mask;
  readonly score: ImageScore;
}

export interface EvaluationResult {
  readonly table: ScoreTable;
  readonly matrix: ConfusionMatrix;
  readonly images: readonly ImageScore[];
  /** Means in which every image weighs the same. */
  readonly perImage: ImageMeans;
  readonly boundary?: BoundaryResult;
  /** Pixels of mask files whose value is no class, and how many masks hold any. They are not counted. */
  readonly outOfRange: { readonly pixels: number; readonly masks: number };
  /** Samples without labels, which were left out. */
  readonly unlabelled: number;
}

export type EvaluationEvent =
  | ({ readonly kind: "image"; readonly done: number; readonly total: number } & EvaluatedImage)
  | { readonly kind: "end"; readonly result: EvaluationResult };

/** Samples that are decoded and predicted while the current one is scored. */
const samplesAhead = 2;

interface Compared extends LoadedSample {
  readonly prediction: Mask;
}

/**
 * Predicts and compares each labelled sample, in order; the last event holds the scores.
 *
 * Pixels whose truth is the ignore value never count. Values that are no class count neither, but are counted apart.
 *
 * @throws DataError when no sample has labels, a file cannot be read, or an image has other channels than the model takes.
 */
export async function* evaluate(
  predictor: Predictor,
  samples: readonly Sample[],
  options: EvaluateOptions = {},
): AsyncGenerator<EvaluationEvent, void, void> {
  const { size, boundary, absent, ...predictOptions } = options;
  const { info, numClasses } = predictor;
  const labelled = samples.filter(({ decode }) => decode.kind !== "none");
  if (labelled.length === 0)
    throw new DataError({
      expected: "images with masks to compare with",
      found: `none of the ${samples.length} images has one`,
      next: "Add masks, or use segkit predict.",
    });
  const ignoreIndex = labelled[0]!.decode.ignoreIndex;
  const scores = new ImageScores(numClasses, { ignoreIndex, ...(absent ? { absent } : {}) });
  const outlines = boundary ? new BoundaryScores(numClasses, ignoreIndex) : undefined;
  const outOfRange = { pixels: 0, masks: 0 };
  const work = async (sample: Sample): Promise<Compared> => {
    const loaded = await loadSample(sample);
    const outputSize = size ?? ([loaded.mask.height, loaded.mask.width] as const);
    return { ...loaded, prediction: await predictor.predictMask(loaded.image, { ...predictOptions, outputSize }) };
  };
  let done = 0;
  for await (const { item: sample, result } of ahead(labelled, samplesAhead, work)) {
    const { image, mask, prediction } = result;
    const isWhole = mask.height === prediction.height && mask.width === prediction.width;
    const truth = isWhole ? mask : resizeMask(mask, prediction.height, prediction.width);
    const score = scores.add(sample.id, truth, prediction);
    outlines?.add(truth, prediction);
    if (result.outOfRange > 0) {
      outOfRange.pixels += result.outOfRange;
      outOfRange.masks++;
      // Loading made them the ignore value; at the mask's own size it is known which of the two they were.
      if (isWhole) {
        scores.matrix.ignored -= result.outOfRange;
        scores.matrix.truthOutOfRange += result.outOfRange;
      }
    }
    yield { kind: "image", done: ++done, total: labelled.length, sample, image, truth, prediction, score };
  }
  const classNames = info.classes.map(({ name }) => name);
  yield {
    kind: "end",
    result: {
      table: scoreTable(scores.matrix, { classNames, ...(absent ? { absent } : {}) }),
      matrix: scores.matrix,
      images: scores.images,
      perImage: scores.means(),
      ...(outlines ? { boundary: outlines.result() } : {}),
      outOfRange,
      unlabelled: samples.length - labelled.length,
    },
  };
}
