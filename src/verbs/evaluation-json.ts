/** @file EvaluationReport: the result of an evaluation as plain data, the documented output of `segkit eval --json`. */
import type { CalibrationScores, ConfusionJson, ImageMeans, ScoreTable } from "../metrics/index.js";
import type { BoundaryResult } from "../predict/boundary-scores.js";
import type { UnknownResult } from "../predict/evaluate.js";

/** What `segkit eval --json` prints. `version` changes when a field changes its meaning; NaN is null in JSON. */
export interface EvaluationReport {
  readonly version: 1;
  readonly model: string;
  readonly data: string;
  readonly split: string;
  /** Size at which masks were compared; null: each at its own. */
  readonly size: readonly [height: number, width: number] | null;
  readonly scores: ScoreTable;
  readonly perImage: ImageMeans;
  /** Scores of every image, in the order of the split. */
  readonly images: readonly {
    readonly name: string;
    readonly counted: number;
    readonly pixelAccuracy: number;
    readonly meanIou: number;
  }[];
  readonly boundary?: BoundaryResult;
  /** What the model divides its logits by; null when it was not calibrated, and for ensembles. */
  readonly temperature: number | null;
  /** Of an ensemble with any calibrated model: the temperature of each, null for those that were not. */
  readonly temperatures?: readonly (number | null)[];
  readonly calibration: CalibrationScores;
  /** With `unknownBelow`: scores of the pixels that are confident enough. */
  readonly unknown?: UnknownResult;
  readonly confusion: ConfusionJson;
  /** Pixels of mask files that are no class, and masks that hold some. */
  readonly outOfRange: { readonly pixels: number; readonly masks: number };
  readonly unlabelled: number;
  /** Sentences on what to know about the scores. */
  readonly notes: readonly string[];
  readonly device: string;
  readonly seconds: number;
}
