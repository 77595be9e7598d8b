/** @file Evaluation: predicts every sample of a split and compares the masks with the truth, at full size. */
import { loadSample } from "../data/load.js";
import type { LoadedSample, Sample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import {
  type AbsentRule,
  type CalibrationScores,
  CalibrationTally,
  ConfusionMatrix,
  type ImageMeans,
  type ImageScore,
  ImageScores,
  meanIou,
  type ScoreTable,
  scoreTable,
  usualThresholds,
} from "../metrics/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import { resizeMask } from "../raster/resize-mask.js";
import { ahead } from "../util/ahead.js";
import { argmaxInto, emptyMask } from "./argmax.js";
import { type BoundaryResult, BoundaryScores } from "./boundary-scores.js";
import { confidence } from "./confidence.js";
import type { PixelSample } from "./pixel-sample.js";
import type { PredictOptions, Predictor } from "./predictor.js";

export interface EvaluateOptions extends Omit<PredictOptions, "outputSize"> {
  /** Size at which masks are compared, and that the predicted masks have; default each mask's own. */
  readonly size?: readonly [height: number, width: number];
  /** Whether outlines are scored too. */
  readonly boundary?: boolean;
  /** What a class in neither truth nor prediction does to means; default `skip`. */
  readonly absent?: AbsentRule;
  /** Confidence below which pixels are refused; what is left is scored apart. */
  readonly unknownBelow?: number;
  /** Draws from the labelled pixels what a temperature can be fitted to. */
  readonly pixelSample?: PixelSample;
}

/** Scores of the pixels that are confident enough. */
export interface UnknownResult {
  readonly below: number;
  /** Share of the labelled pixels that is left. */
  readonly coverage: number;
  /** Pixel accuracy and mean IoU of those left; NaN when there is none. */
  readonly accuracy: number;
  readonly meanIou: number;
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
  /** Whether confidences can be trusted. */
  readonly calibration: CalibrationScores;
  /** With `unknownBelow`. */
  readonly unknown?: UnknownResult;
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
  readonly truth: Mask;
  readonly prediction: Mask;
  readonly calibration: CalibrationTally;
  /** The truth where the prediction is confident enough, else the ignore value. */
  readonly kept?: Mask;
}

/** Predicts one sample and counts its confidences; only the mask is kept of it. */
async function compare(
  predictor: Predictor,
  sample: Sample,
  options: EvaluateOptions,
  thresholds: readonly number[],
): Promise<Compared> {
  const { size, boundary: _, absent: __, unknownBelow, pixelSample, ...predictOptions } = options;
  const { numClasses } = predictor;
  const { ignoreIndex } = sample.decode;
  const loaded = await loadSample(sample);
  const { image, mask } = loaded;
  const [height, width] = size ?? ([mask.height, mask.width] as const);
  const isWhole = mask.height === height && mask.width === width;
  const truth = isWhole ? mask : resizeMask(mask, height, width);
  const kept = unknownBelow === undefined ? undefined : { ...truth, data: truth.data.slice() };
  const prediction = emptyMask(numClasses, height, width);
  const calibration = new CalibrationTally(numClasses, { ignoreIndex, thresholds });
  for await (const band of predictor.scan(image, { ...predictOptions, outputSize: [height, width] })) {
    argmaxInto(band.raw, numClasses, prediction.data, band.at);
    calibration.add(band.probabilities, truth.data, band.at);
    pixelSample?.add(sample.id, band.raw, truth.data, band.at);
    if (kept)
      for (const [i, value] of confidence(band.probabilities, numClasses).entries())
        if (value < unknownBelow!) kept.data[band.at + i] = ignoreIndex;
  }
  return { ...loaded, truth, prediction, calibration, ...(kept ? { kept } : {}) };
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
  const { boundary, absent, unknownBelow } = options;
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
  const thresholds = unknownBelow === undefined ? usualThresholds : [...usualThresholds, unknownBelow];
  const calibration = new CalibrationTally(numClasses, { ignoreIndex, thresholds });
  const confident = new ConfusionMatrix(numClasses, { ignoreIndex });
  const work = (sample: Sample): Promise<Compared> => compare(predictor, sample, options, thresholds);
  let done = 0;
  for await (const { item: sample, result } of ahead(labelled, samplesAhead, work)) {
    const { image, mask, truth, prediction, kept } = result;
    const score = scores.add(sample.id, truth, prediction);
    calibration.merge(result.calibration);
    if (kept) confident.addMap(kept, prediction);
    outlines?.add(truth, prediction);
    if (result.outOfRange > 0) {
      outOfRange.pixels += result.outOfRange;
      outOfRange.masks++;
      // Loading made them the ignore value; at the mask's own size it is known which of the two they were.
      if (truth === mask) {
        scores.matrix.ignored -= result.outOfRange;
        scores.matrix.truthOutOfRange += result.outOfRange;
      }
    }
    yield { kind: "image", done: ++done, total: labelled.length, sample, image, truth, prediction, score };
  }
  const classNames = info.classes.map(({ name }) => name);
  const confidences = calibration.result();
  const left = confidences.coverage.find(({ threshold }) => threshold === unknownBelow);
  yield {
    kind: "end",
    result: {
      table: scoreTable(scores.matrix, { classNames, ...(absent ? { absent } : {}) }),
      matrix: scores.matrix,
      images: scores.images,
      perImage: scores.means(),
      ...(outlines ? { boundary: outlines.result() } : {}),
      calibration: confidences,
      ...(left
        ? {
            unknown: {
              below: left.threshold,
              coverage: left.coverage,
              accuracy: left.accuracy,
              meanIou: meanIou(confident, absent),
            },
          }
        : {}),
      outOfRange,
      unlabelled: samples.length - labelled.length,
    },
  };
}
