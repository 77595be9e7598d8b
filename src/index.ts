/**
 * @file The library: the verbs of the command line as functions. What they are made of stands under subpaths such as
 * `segkit/graph`; docs/reference/library.md lists them.
 */
export {
  type DoctorOptions,
  type DoctorReport,
  type Finding,
  type FindingLevel,
  formatMending,
  formatReport,
  type MendReport,
  mendDataset,
  runDoctor,
} from "./data/doctor/index.js";
export {
  CheckpointError,
  DataError,
  type ErrorTag,
  ExportError,
  FileError,
  GraphError,
  RuntimeError,
  SegkitError,
  ShapeError,
  UsageError,
} from "./errors/index.js";
export { packageVersion } from "./util/version.js";
export { type EvaluateModelEvent, type EvaluateModelOptions, evaluateModel } from "./verbs/evaluate.js";
export type { EvaluationReport } from "./verbs/evaluation-json.js";
export { type ExportEvent, type ExportOptions, type ExportReport, exportModel } from "./verbs/export.js";
export { type FinishEvent, type FinishOptions, finishRun } from "./verbs/finish.js";
export { type PredictedFile, type PredictFilesEvent, type PredictFilesOptions, predictFiles } from "./verbs/predict.js";
export { type RankEvent, type RankedImage, type RankOptions, type RankReport, rankImages } from "./verbs/rank.js";
export { type CompareRunsOptions, compareRuns, type ListRunsOptions, listRuns, type RunList } from "./verbs/runs.js";
export {
  type LabelRecord,
  parseAxis,
  type RoundEvent,
  type SemiEvent,
  type SemiOptions,
  type SweepAxis,
  type SweepEvent,
  type SweepOptions,
  type SweepRow,
  semi,
  semiMethods,
  sweepSemi,
} from "./verbs/semi/index.js";
export { type TrainEvent, type TrainOptions, train } from "./verbs/train.js";
export { type TrainFoldsEvent, type TrainFoldsOptions, trainFolds } from "./verbs/train-folds.js";
