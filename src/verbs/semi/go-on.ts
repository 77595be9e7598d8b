/** @file A round that goes on where the one before ended: its folder begins with the other's last checkpoint and the records so far. */
import { existsSync, readFileSync } from "node:fs";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint.js";
import { parseProgress, type RunProgress, startOfRun } from "../../train/progress.js";
import { metricsFile } from "../../train/recording.js";
import { writeFileAtomic } from "../../util/files.js";

/** The same place for another set of images: their order begins anew, and so does the search for the best weights. */
const placeOf = ({ step, seconds }: RunProgress): RunProgress => ({ ...startOfRun, step, seconds, validated: step });

/**
 * Makes a folder whose run, once it has a plan, goes on with the weights, optimizer state and averages that another one ended with.
 *
 * @throws CheckpointError, FileError
 */
export function goOnFrom(before: string, folder: string): void {
  const checkpoint = loadCheckpoint(before, "last");
  if (existsSync(metricsFile(before))) writeFileAtomic(metricsFile(folder), readFileSync(metricsFile(before)));
  saveCheckpoint(folder, "last", { ...checkpoint, state: placeOf(parseProgress(checkpoint.state)) });
}
