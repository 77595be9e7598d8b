/** @file Keeps what an evaluation of a run or of its folds found: the score file, and the row in the database. */
import { FileError } from "../errors/index.js";
import type { EvaluateOptions, EvaluationResult } from "../predict/evaluate.js";
import type { RecordedWeights } from "../predict/open-model.js";
import { recordRun } from "./database.js";
import { scoreFileOf, settingsOf, writeScores } from "./score-file.js";

export interface KeptEvaluation {
  /** Name of the data set that was evaluated. */
  readonly data: string;
  readonly split: string;
  readonly options: EvaluateOptions;
}

/** Writes the scores of all images into the run folder and the database; gives notes on what could not be written. */
export async function keepScores(
  { folder, data: own, step }: RecordedWeights,
  result: EvaluationResult,
  { data, split, options }: KeptEvaluation,
): Promise<string[]> {
  const about = { data, split, step, settings: settingsOf(options) };
  try {
    writeScores(folder, own, scoreFileOf(result, about));
  } catch (error) {
    // The run may belong to someone else; its scores are shown all the same.
    if (error instanceof FileError) return [`the scores of single images were not kept: ${error.message}`];
    throw error;
  }
  const unrecorded = await recordRun(folder);
  return unrecorded === undefined ? [] : [unrecorded];
}
