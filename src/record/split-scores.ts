/** @file The score files of a run as they are kept in the record: without single images. */
import { createHash } from "node:crypto";
import type { Attempt } from "./problems.js";
import type { SplitScores } from "./run-record.js";
import { readScores, type ScoreFile, scoreFiles, totalScores } from "./score-file.js";

/** A hash of which images, with which masks, a score file holds. */
export const imageSetOf = ({ classes, images }: ScoreFile): string =>
  createHash("sha256")
    .update(JSON.stringify([classes, images.map(({ name, truth }) => JSON.stringify([name, truth])).sort()]))
    .digest("hex");

function summary(file: ScoreFile, own: string): SplitScores {
  const { data, split, step, settings, images } = file;
  return {
    data: data === own ? "" : data,
    split,
    step,
    settings,
    images: images.length,
    imageSet: imageSetOf(file),
    classes: totalScores(file).classes,
  };
}

/** All scores in a run folder. @param own name of the run's own data set */
export const splitScores = (runDir: string, own: string, attempt: Attempt): SplitScores[] =>
  scoreFiles(runDir).flatMap((file) => {
    const scores = attempt(() => readScores(file));
    return scores ? [summary(scores, own)] : [];
  });
