/** @file Reads a run folder into the record: one training, one in rounds, or a set of folds. */
import { basename } from "node:path";
import { foldsBegun } from "./parts.js";
import { readFolds } from "./read-folds.js";
import { readTraining } from "./read-training.js";
import type { RunRecord } from "./run-record.js";

/**
 * Reads a run folder. Damaged files other than plans are left out and named in `problems`.
 *
 * @param name what the run is called in the record; default the folder's name
 * @throws CheckpointError when there is no plan, or it is no JSON.
 */
export function readRun(runDir: string, name = basename(runDir)): RunRecord {
  const begun = foldsBegun(runDir);
  return begun.length > 0 ? readFolds(runDir, name, begun) : readTraining(runDir, name);
}
