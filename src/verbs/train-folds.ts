/** @file `trainFolds`: K runs over the folds of a data set, one after the other, each scored on the images it was not trained on. */
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openDataset } from "../data/dataset.js";
import { DataError, UsageError } from "../errors/index.js";
import { ConfusionMatrix, scoreTable } from "../metrics/index.js";
import type { EvaluationResult } from "../predict/evaluate.js";
import { dataHash, recordRun } from "../record/index.js";
import { hasCheckpoint, loadCheckpoint } from "../train/checkpoint.js";
import {
  type FoldScores,
  type FoldSet,
  foldRun,
  foldSetFile,
  keptScores,
  meanAndSpread,
  readFoldSet,
  type ScoredFold,
  writeFoldSet,
} from "../train/fold-set.js";
import { planFile, readPlan } from "../train/plan.js";
import { parseProgress } from "../train/progress.js";
import { type FinishEvent, writeRunReport } from "./finish.js";
import { writeFoldsReport } from "./folds-report.js";
import { requireNewFolder, requireOnlyLength, type TrainEvent, type TrainOptions, train } from "./train.js";
import { withWholePaths } from "./whole-paths.js";

export interface TrainFoldsOptions extends Omit<TrainOptions, "fold" | "like"> {
  /** Number of folds, 2 or more; not given when folds are resumed. */
  readonly folds?: number;
}

export type TrainFoldsEvent =
  /** A fold begins or goes on. */
  | { readonly kind: "fold"; readonly fold: number; readonly count: number; readonly runDir: string }
  | { readonly kind: "training"; readonly fold: number; readonly event: TrainEvent }
  | { readonly kind: "scoring"; readonly fold: number; readonly event: FinishEvent }
  /** The best weights of a fold on the images that it was not trained on. */
  | { readonly kind: "scored"; readonly fold: number; readonly images: number; readonly scores: FoldScores }
  /** All folds are done, or the signal came. */
  | { readonly kind: "end"; readonly reason: "finished"; readonly file: string; readonly set: FoldSet }
  | { readonly kind: "end"; readonly reason: "stopped" };

const lengths = ["epochs", "steps", "minutes"] as const;

/** The options that every fold is trained with, in a form that can be kept. */
function keptOptions(options: TrainFoldsOptions): FoldSet["options"] {
  const { run: _, resume: __, folds: ___, signal: ____, ...kept } = options;
  return withWholePaths(kept);
}

/** The hash of the list that the folds share out. @throws UsageError or DataError when it cannot be shared out. */
async function poolHash(data: string, count: number): Promise<string> {
  const { train = [], val = [] } = (await openDataset(data, { fold: { index: 1, count } })).splits;
  return (await dataHash({ pool: [...train, ...val] })).lists.pool!;
}

/** Each fold draws its images anew, so it must draw them from the same ones. @throws DataError */
async function requireSamePool({ data, count, options }: FoldSet): Promise<void> {
  const path = String(options.data);
  if (data === undefined || data === (await poolHash(path, count))) return;
  throw new DataError({
    file: path,
    expected: "the images that the first fold began with",
    found: "other ones",
    next: "Bring back those that were taken away and take away those that came, or start a new set.",
  });
}

/** A new set of folds. @throws UsageError for impossible options, before anything is written. */
async function begin(options: TrainFoldsOptions, runDir: string): Promise<FoldSet> {
  const { folds: count, data } = options;
  if (count === undefined || !Number.isInteger(count) || count < 2)
    throw new UsageError({ expected: "a whole number of folds, 2 or more", found: `${count} folds` });
  if ("fold" in options && options.fold !== undefined)
    throw new UsageError({
      expected: "either all folds or one of them",
      found: "folds and fold",
      next: "Leave out one of the two.",
    });
  if (data === undefined)
    throw new UsageError({
      expected: "a data set",
      found: "none was given",
      next: "segkit train DATA --folds 5 --run DIR.",
    });
  requireNewFolder(runDir);
  // Says so when there are fewer images than folds.
  const pool = await poolHash(data, count);
  return { version: 1, count, options: keptOptions(options), data: pool, folds: [], summary: null };
}

/** A set that goes on. With a new length all of its folds do. */
function goOn(options: TrainFoldsOptions, runDir: string): FoldSet {
  const { folds, ...rest } = options;
  requireOnlyLength({ ...rest, ...(folds === undefined ? {} : { folds }) }, foldSetFile(runDir));
  const set = readFoldSet(runDir);
  const unit = lengths.find((name) => options[name] !== undefined);
  if (unit === undefined) return set;
  const kept = Object.entries(set.options).filter(([name]) => !(lengths as readonly string[]).includes(name));
  return { ...set, options: { ...Object.fromEntries(kept), [unit]: options[unit] }, folds: [], summary: null };
}

/** Options of one fold's run: made anew, or gone on with. */
function optionsOfFold(set: FoldSet, runDir: string, fold: number, { signal: given }: TrainFoldsOptions): TrainOptions {
  const run = join(runDir, foldRun(fold));
  const signal = given ? { signal: given } : {};
  if (existsSync(planFile(run))) {
    const { unit, count } = readPlan(run).length.value;
    const wanted = lengths.find((name) => set.options[name] !== undefined);
    // A new length reaches each fold when its turn comes, whichever command it was given with.
    const longer = wanted !== undefined && (wanted !== unit || set.options[wanted] !== count);
    return { resume: run, ...(longer ? { [wanted]: set.options[wanted] } : {}), ...signal };
  }
  // What the first fold measured holds for all: they differ by few images.
  const like = set.options.plan === "auto" && fold > 1 ? { like: join(runDir, foldRun(1)) } : {};
  return { ...set.options, ...like, run, fold: { index: fold, count: set.count }, ...signal };
}

/** Step of the weights that are scored. */
function scoredStep(run: string): number {
  const { state } = loadCheckpoint(run, hasCheckpoint(run, "best") ? "best" : "last", []);
  return parseProgress(state).step;
}

const scoredFold = (fold: number, { table, matrix, images }: EvaluationResult, step: number): ScoredFold => ({
  fold,
  run: foldRun(fold),
  images: images.length,
  step,
  scores: keptScores(table),
  confusion: matrix.toJSON(),
});

/** The scores of all folds together: every image is in the matrix of exactly one. */
function summarise(folds: readonly ScoredFold[]): FoldSet["summary"] {
  const matrices = folds.map(({ confusion }) => ConfusionMatrix.fromJSON(confusion));
  const pooled = matrices.reduce((sum, matrix) => sum.merge(matrix));
  return {
    ...meanAndSpread(folds.map(({ scores }) => scores)),
    pooled: { scores: keptScores(scoreTable(pooled)), confusion: pooled.toJSON() },
  };
}

/** Removes what a set without a single run has written, and its folder if nothing else is in it. */
function removeSet(runDir: string): void {
  rmSync(foldSetFile(runDir), { force: true });
  try {
    rmdirSync(runDir);
  } catch {
    // It holds files that were there before.
  }
}

/** Trains one fold to its end and scores it; undefined after the signal. */
async function* trainFold(
  set: FoldSet,
  runDir: string,
  fold: number,
  options: TrainFoldsOptions,
): AsyncGenerator<TrainFoldsEvent, ScoredFold | undefined, void> {
  const run = join(runDir, foldRun(fold));
  if (!existsSync(planFile(run))) await requireSamePool(set);
  yield { kind: "fold", fold, count: set.count, runDir: run };
  let end: Extract<TrainEvent, { kind: "end" }> | undefined;
  for await (const event of train(optionsOfFold(set, runDir, fold, options))) {
    yield { kind: "training", fold, event };
    if (event.kind === "end") end = event;
  }
  if (end?.reason === "stopped") return undefined;
  const scoring = writeRunReport({ run, ...(options.signal ? { signal: options.signal } : {}) });
  for (;;) {
    const { done, value } = await scoring.next();
    if (!done) {
      yield { kind: "scoring", fold, event: value };
      continue;
    }
    return value && scoredFold(fold, value, scoredStep(run));
  }
}

/**
 * Trains the folds that are not trained yet, and sums them up.
 *
 * A set that was stopped or killed goes on where it stopped, and ends as if it never had.
 *
 * @throws UsageError for impossible options, DataError for unusable data, CheckpointError, RuntimeError, FileError.
 * @example
 * for await (const event of trainFolds({ data: "nuclei", run: "runs/folds", folds: 5 }))
 *   if (event.kind === "end" && event.reason === "finished") console.log(event.set.summary?.mean.meanIou);
 */
export async function* trainFolds(options: TrainFoldsOptions): AsyncGenerator<TrainFoldsEvent, void, void> {
  const runDir = options.resume ?? options.run;
  if (runDir === undefined)
    throw new UsageError({
      expected: "a run folder",
      found: "neither run nor resume was given",
      next: "Add --run runs/NAME.",
    });
  const isNew = options.resume === undefined;
  let set = isNew ? await begin(options, runDir) : goOn(options, runDir);
  writeFoldSet(runDir, set);
  try {
    for (let fold = set.folds.length + 1; fold <= set.count; fold++) {
      const scored = yield* trainFold(set, runDir, fold, options);
      if (!scored) {
        yield { kind: "end", reason: "stopped" };
        return;
      }
      set = { ...set, folds: [...set.folds, scored] };
      writeFoldSet(runDir, set);
      yield { kind: "scored", fold, images: scored.images, scores: scored.scores };
    }
  } finally {
    // A plan that cannot run leaves no folder behind.
    if (isNew && !existsSync(planFile(join(runDir, foldRun(1))))) removeSet(runDir);
  }
  set = { ...set, summary: summarise(set.folds) };
  writeFoldSet(runDir, set);
  const file = writeFoldsReport(runDir, set);
  // The folds' own trainings have said already why there is no database, if there is none.
  await recordRun(runDir);
  yield { kind: "end", reason: "finished", file, set };
}
