/** @file Public face of the metrics. */

export { type BfOptions, type BfScores, bfScore } from "./bf-score.js";
export {
  type BoundaryIouOptions,
  boundaryDistance,
  ClassBoundaryIou,
  innerBand,
  type MaskBoundaryIou,
  maskBoundaryIou,
} from "./boundary-iou.js";
export {
  type BoundaryMatch,
  classBoundaries,
  countNear,
  matchBoundaries,
  toleranceRadius,
} from "./boundary-match.js";
export { CityscapesEvaluation, type CityscapesLabel, type CityscapesScores } from "./cityscapes.js";
export { cityscapesInstanceSizes, cityscapesLabels } from "./cityscapes-labels.js";
export { type ConfusionJson, ConfusionMatrix, type ConfusionOptions, type OutOfRangeRule } from "./confusion.js";
export { type CoveragePoint, CoverageTally, usualThresholds } from "./coverage.js";
export { type DavisOptions, type DavisScores, davisScores } from "./davis.js";
export { type ImageCounts, type ImageMeans, type ImageScore, ImageScores } from "./image-scores.js";
export type { LabelMap } from "./label-map.js";
export { type AbsentRule, meanOverClasses, nanMean } from "./mean.js";
export { type BootstrapOptions, type Interval, type PairedDifference, pairedBootstrap } from "./paired-bootstrap.js";
export {
  type CalibrationOptions,
  type CalibrationScores,
  CalibrationTally,
  type ReliabilityBin,
  ReliabilityBins,
} from "./reliability.js";
export {
  type ClassScores,
  type ClassState,
  formatScoreTable,
  type ScoreTable,
  type ScoreTableOptions,
  scoreTable,
} from "./score-table.js";
export {
  classDice,
  classIou,
  classPrecision,
  classRecall,
  correctPixels,
  countedPixels,
  frequencyWeightedIou,
  kappa,
  meanDice,
  meanIou,
  meanPixelAccuracy,
  meanScore,
  microDice,
  microIou,
  pixelAccuracy,
} from "./scores.js";
export { type SegmentOptions, type SegmentScores, segmentScores } from "./segment-scores.js";
export {
  type StatReduction,
  type StatScore,
  statScore,
  statScoreEach,
  statScoreNames,
} from "./stat-scores.js";
export { concatStatCounts, type StatCounts, type StatOptions, statCounts } from "./stats.js";
export {
  calibrationOf,
  fitTemperature,
  type LabelledLogits,
  type SampleCalibration,
  temperatureRange,
} from "./temperature.js";
