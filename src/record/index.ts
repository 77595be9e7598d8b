/** @file The record of runs: what stands in their folders, the database of all of them, comparisons, the page of their curves. */
export { type CompareOptions, compareRunFolders, type RunComparison, type ScoreComparison } from "./compare.js";
export { csvOf } from "./csv.js";
export { type DataHash, dataHash } from "./data-hash.js";
export { databaseFile, type OpenedRecord, openRecord, recordRun } from "./database.js";
export { fieldText } from "./field-text.js";
export { findRuns, requireRun } from "./find-runs.js";
export { type KeptEvaluation, keepScores } from "./keep-scores.js";
export { writePage } from "./page/page.js";
export type { FieldDifference, Fields, FieldValue } from "./plan-fields.js";
export { readRun } from "./read-run.js";
export { remembered } from "./remembered.js";
export {
  commonFields,
  filterRuns,
  isOutdated,
  type RunRow,
  requireField,
  runFields,
  scoreName,
  sortRuns,
} from "./run-fields.js";
export type { CurvePoint, RunRecord, SplitScores } from "./run-record.js";
export { requireSameImages } from "./same-images.js";
