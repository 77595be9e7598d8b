/** @file Run folders with metrics, scores and sessions for tests of the record, made without training. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Session, writeSessions } from "../src/record/run-file.js";
import { type ScoreFile, writeScores } from "../src/record/score-file.js";
import { saveCheckpoint } from "../src/train/checkpoint.js";
import { type FoldSet, foldRun, meanAndSpread, writeFoldSet } from "../src/train/fold-set.js";
import { type Plan, writePlan } from "../src/train/plan.js";
import { startOfRun } from "../src/train/progress.js";
import { roundFolder, type SemiState, writeState } from "../src/train/semi-state.js";

/** A session that ended well. */
export const session: Session = {
  started: "2026-01-02T03:04:05.000Z",
  ended: "2026-01-02T03:14:05.000Z",
  reason: "finished",
  fromStep: 0,
  toStep: 40,
  seconds: 600,
  process: 1,
  segkit: "0.1.0",
  machine: { host: "elsewhere", system: "linux x64", cpu: "Some CPU", cores: 2, memory: 8, node: "20.0.0" },
  commit: { hash: "0123456789abcdef", changed: true },
  data: { hash: "feed", splits: { train: "fee", val: "d" } },
};

/** Scores of two images of two classes; `shift` pixels less of class b are found. */
export const scoreFile = (shift: number, more: Partial<ScoreFile> = {}): ScoreFile => ({
  version: 1,
  data: "set",
  split: "test",
  step: 30,
  settings: { size: null, inputSize: null, tiles: null, symmetries: "none", absent: "skip" },
  classes: ["a", "b"],
  images: [
    { name: "one", intersections: [80, 10 - shift], unions: [90 + shift, 20], truth: [80, 20] },
    { name: "two", intersections: [70, 20], unions: [80, 30], truth: [70, 30] },
  ],
  ...more,
});

export interface RecordedRun {
  readonly best?: number;
  readonly sessions?: readonly Session[] | null;
  readonly scores?: readonly ScoreFile[];
  readonly more?: { readonly [choice: string]: unknown };
}

/** A plan with a few choices; the record reads plans of any shape. */
export const somePlan = (more: { readonly [choice: string]: unknown } = {}) => ({
  version: 1,
  data: {
    path: "/data/set",
    name: "set",
    options: { fold: { index: 1, count: 5 } },
    classes: [{}, {}],
    images: { train: 8 },
  },
  model: { value: "unet", reason: "given" },
  modelOptions: { value: { encoder: "resnet18", width: 8 }, reason: "defaults" },
  size: { value: [48, 40], reason: "given" },
  learningRate: { value: 0.01, reason: "given" },
  optimizer: { value: { name: "sgd", momentum: 0.9 }, reason: "given" },
  loss: { value: [{ name: "crossEntropy", smoothing: 0.1 }, { name: "dice" }], reason: "given" },
  weights: { value: null, reason: "random" },
  ...more,
});

/** Makes a run of 40 steps in `folder/name`. */
export function writeRecordedRun(
  folder: string,
  name: string,
  { best = 0.5, sessions = [session], scores = [scoreFile(0)], more = {} }: RecordedRun = {},
): string {
  const runDir = join(folder, name);
  mkdirSync(runDir, { recursive: true });
  writePlan(runDir, somePlan(more) as unknown as Plan);
  if (sessions) writeSessions(runDir, sessions);
  const lines = [10, 20, 30, 40].flatMap((step) => [
    { step, split: "train", epoch: step / 10, loss: 1 / step, learningRate: 0.01, seconds: step * 15 },
    {
      step,
      split: "val",
      epoch: step / 10,
      mIoU: best - Math.abs(30 - step) / 100,
      loss: null,
      best: step <= 30,
      seconds: step * 15,
    },
  ]);
  writeFileSync(join(runDir, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  saveCheckpoint(runDir, "last", {
    weights: new Map([["w", { dtype: "float32", shape: [1], data: new Float32Array(1) }]]),
    state: { ...startOfRun, step: 40, epoch: 4, seconds: 600, best: { score: best, step: 30 } },
  });
  for (const one of scores) writeScores(runDir, "set", one);
  return runDir;
}

/** semi.json of self-training whose second round, of three, is the result. */
export const someState: SemiState = {
  version: 1,
  method: "self-training",
  methodOptions: { portion: 0.2, merge: "majority", portionOfClass: { b: 0.4 }, start: "continued" },
  request: { data: "/data/set", model: "unet", steps: 60 },
  length: { unit: "steps", count: 60 },
  updatesPerEpoch: 10,
  rounds: [
    {
      round: 0,
      steps: 20,
      seconds: 100,
      score: 0.4,
      labels: {
        ...{ images: 6, labelled: 5, share: 0.25, accuracy: 0.9, keptOut: [] },
        classes: [{ name: "a", pixels: 50, share: 0.2, confidence: 0.8, accuracy: null, portion: 0.2, threshold: 0.7 }],
      },
    },
    { round: 1, steps: 20, seconds: 200, score: 0.5 },
    { round: 2, steps: 20, seconds: 400, score: 0.45 },
  ],
  result: 1,
};

/** Makes a run in rounds: a run folder for each round of the state, the folder of all a run only where there is a result. */
export function writeRecordedRounds(folder: string, name: string, state: SemiState = someState): string {
  const runDir = join(folder, name);
  for (const { round } of state.rounds) writeRecordedRun(roundFolder(runDir, round), ".");
  writeState(runDir, state);
  if (state.result !== null) writeRecordedRun(folder, name);
  return runDir;
}

/** Scores of a fold, all of one value. */
export const flatScores = (value: number): FoldSet["folds"][number]["scores"] => ({
  meanIou: value,
  pixelAccuracy: value,
  meanPixelAccuracy: value,
  frequencyWeightedIou: value,
  meanDice: value,
});

/** Makes the folder of folds with these validation scores; all are scored unless there are to be more. */
export function writeRecordedFolds(folder: string, name: string, best: readonly number[], count = best.length): string {
  const runDir = join(folder, name);
  const confusion = {
    ...{ numClasses: 2, ignoreIndex: 255, predictionOutOfRange: "error" as const, ignored: 0, truthOutOfRange: 0 },
    counts: [
      [9, 1],
      [1, 9],
    ],
  };
  const folds = best.map((value, i): FoldSet["folds"][number] => {
    writeRecordedRun(runDir, foldRun(i + 1), { best: value, scores: [] });
    return { fold: i + 1, run: foldRun(i + 1), images: 4, step: 30, scores: flatScores(value), confusion };
  });
  const summary = {
    ...meanAndSpread(folds.map(({ scores }) => scores)),
    pooled: { scores: flatScores(0.55), confusion },
  };
  writeFoldSet(runDir, { version: 1, count, options: {}, folds, summary: count === best.length ? summary : null });
  return runDir;
}
