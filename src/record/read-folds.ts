/** @file Reads the folder of a set of folds as one run: the plan of its folds, their sums, and what folds.json says of their scores. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { readFoldSet } from "../train/fold-set.js";
import { problemsOf } from "./problems.js";
import { readTraining } from "./read-training.js";
import { dataName, type RunRecord } from "./run-record.js";
import { splitScores } from "./split-scores.js";

/** The plan of a fold without its place among them. */
function planOfSet({ data, ...plan }: RunRecord["plan"]): RunRecord["plan"] {
  const { options = {}, ...more } = (data ?? {}) as { options?: { fold?: unknown } };
  const { fold: _, ...rest } = options;
  return { data: { ...more, options: rest }, ...plan };
}

/** The best score and the step of a fold's weights; undefined where no validation made any yet. */
function bestOfAll(folds: readonly RunRecord[]): RunRecord["best"] {
  const best = folds.flatMap((fold) => fold.best ?? []);
  if (best.length < folds.length) return null;
  const sum = (of: "score" | "step"): number => best.reduce((total, one) => total + one[of], 0);
  return { score: sum("score") / folds.length, step: sum("step") };
}

/**
 * Reads the folder of a set.
 *
 * @param begun run folders of the folds that have begun, one at least
 * @throws CheckpointError when a plan cannot be read.
 */
export function readFolds(runDir: string, name: string, begun: readonly string[]): RunRecord {
  const { problems, attempt } = problemsOf();
  const set = attempt(() => readFoldSet(runDir));
  const folds = begun.map((folder) => readTraining(folder, basename(folder)));
  const plan = planOfSet(folds[0]!.plan);
  const sum = (of: "step" | "epoch" | "seconds"): number => folds.reduce((total, fold) => total + fold[of], 0);
  const count = set?.count ?? begun.length;
  return {
    name,
    plan,
    // A longer length begins with the first fold again, so the last one's session may be an old one.
    sessions: folds.flatMap(({ sessions }) => sessions).sort((a, b) => (a.started < b.started ? -1 : 1)),
    hasReport: existsSync(join(runDir, "report.html")),
    step: sum("step"),
    epoch: sum("epoch"),
    seconds: sum("seconds"),
    best: begun.length === count ? bestOfAll(folds) : null,
    curves: [],
    scores: splitScores(runDir, dataName(plan), attempt),
    rounds: null,
    folds: {
      count,
      summary: set?.summary ? { ...set.summary, pooled: set.summary.pooled.scores } : null,
    },
    problems: [...problems, ...folds.flatMap((fold) => fold.problems.map((text) => `fold ${fold.name}: ${text}`))],
  };
}
