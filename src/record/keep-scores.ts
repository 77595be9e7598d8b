/** @file Keeps what an evaluation of a run found: its score file, and the run's row in the database. */
import { FileError } from "../errors/index.js";
import type { BundleInfo } from "../predict/bundle.js";
import type { EvaluateOptions, EvaluationResult } from "../predict/evaluate.js";
import type { Plan } from "../train/plan.js";
import { recordRun } from "./database.js";
import { scoreFileOf, settingsOf, writeScores } from "./score-file.js";

export interface KeptEvaluation {
  /** The run's. */
  readonly plan: Plan;
  readonly info: BundleInfo;
  /** Name of the data set that was evaluated. */
  readonly data: string;
  readonly split: string;
  readonly options: EvaluateOptions;
}

/** Writes the scores of all images into the run folder and the database; gives notes on what could not be written. */
export async function keepScores(
  runDir: string,
  result: EvaluationResult,
  { plan, info, data, split, options }: KeptEvaluation,
): Promise<string[]> {
  const about = { data, split, step: info.provenance.step as number, settings: settingsOf(options) };
  try {
    writeScores(runDir, plan.data.name, scoreFileOf(result, about));
  } catch (error) {
    // The run may belong to someone else; its scores are shown all the same.
    if (error instanceof FileError) return [`the scores of single images were not kept: ${error.message}`];
    throw error;
  }
  const unrecorded = await recordRun(runDir);
  return unrecorded === undefined ? [] : [unrecorded];
}
