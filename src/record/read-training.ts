/** @file Reads a run folder that holds one training, or the rounds of one. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../errors/index.js";
import { hasCheckpoint, loadCheckpoint } from "../train/checkpoint.js";
import { planFile } from "../train/plan.js";
import { parseProgress, type RunProgress } from "../train/progress.js";
import { type MetricsRecord, readMetrics } from "../train/record/metrics-log.js";
import { metricsFile } from "../train/recording.js";
import { hasState, readState, roundFolder, type SemiState } from "../train/semi-state.js";
import { sourceOf } from "./parts.js";
import { problemsOf } from "./problems.js";
import { readSessions } from "./run-file.js";
import { type CurvePoint, dataName, type RunRecord } from "./run-record.js";
import { splitScores } from "./split-scores.js";

/** What places and times a line of metrics, and is no curve of its own. */
const places = ["step", "seconds", "epoch"];

/** Every number of a line; those of a list by their index. */
function pointsOf(record: MetricsRecord): CurvePoint[] {
  const split = typeof record.split === "string" ? record.split : "";
  const seconds = typeof record.seconds === "number" ? record.seconds : null;
  return Object.entries(record).flatMap(([field, value]) => {
    if (places.includes(field)) return [];
    const numbers: [string, unknown][] = Array.isArray(value)
      ? value.map((one, i) => [`${field}.${i}`, one])
      : [[field, value]];
    return numbers.flatMap(([name, number]) =>
      typeof number === "number" ? [{ split, field: name, step: record.step, seconds, value: number }] : [],
    );
  });
}

/** Where the run stands: by its checkpoint, or by the last line of metrics when that is newer. */
function placeOf(progress: RunProgress | undefined, records: readonly MetricsRecord[]) {
  const last = records.at(-1);
  if (progress && !(last && last.step > progress.step)) return progress;
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  return { step: number(last?.step), epoch: number(last?.epoch), seconds: number(last?.seconds) };
}

/** Seconds of all rounds; of one that is not done yet as far as it is. */
function secondsOfRounds({ rounds, result }: SemiState, runDir: string, latest: LatestRound): number {
  const done = rounds.reduce((sum, { seconds }) => sum + seconds, 0);
  if (result !== null || latest.folder !== roundFolder(runDir, rounds.length)) return done;
  // With a part of a whole as its length, a round goes on with the clock of the one before.
  const { value } = (latest.plan.length ?? {}) as { value?: { of?: unknown } };
  return value?.of === undefined ? done + latest.seconds : latest.seconds;
}

interface LatestRound {
  readonly folder: string;
  readonly plan: RunRecord["plan"];
  readonly seconds: number;
}

/**
 * Reads the folder of one training, which may go in rounds.
 *
 * @throws CheckpointError when there is no plan, or it is no JSON.
 */
export function readTraining(runDir: string, name: string): RunRecord {
  const { problems, attempt } = problemsOf();
  const folder = sourceOf(runDir);
  const plan = readPlanLoosely(folder);
  const state = hasState(runDir) ? attempt(() => readState(runDir)) : undefined;
  const sessions = attempt(() => readSessions(folder)) ?? [];
  const records = existsSync(metricsFile(folder)) ? (attempt(() => readMetrics(metricsFile(folder))) ?? []) : [];
  const progress = hasCheckpoint(folder, "last")
    ? attempt(() => parseProgress(loadCheckpoint(folder, "last", []).state))
    : undefined;
  const best =
    progress?.best ??
    (hasCheckpoint(folder, "best")
      ? attempt(() => parseProgress(loadCheckpoint(folder, "best", []).state).best)
      : undefined);
  const { step, epoch, seconds } = placeOf(progress, records);
  return {
    name,
    plan,
    sessions,
    hasReport: existsSync(join(runDir, "report.html")),
    step,
    epoch,
    seconds: state ? secondsOfRounds(state, runDir, { folder, plan, seconds }) : seconds,
    best: best ?? null,
    curves: records.flatMap(pointsOf),
    scores: splitScores(runDir, dataName(plan), attempt),
    rounds: state ? { method: state.method, options: state.methodOptions, result: state.result } : null,
    folds: null,
    problems,
  };
}

function readPlanLoosely(runDir: string): RunRecord["plan"] {
  const file = planFile(runDir);
  try {
    const plan: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof plan === "object" && plan !== null && !Array.isArray(plan)) return plan as RunRecord["plan"];
    throw new Error("it is no object");
  } catch (cause) {
    throw new CheckpointError(
      {
        expected: "a plan",
        found: `${file} cannot be read (${(cause as Error).message})`,
        next: "Restore it from a copy.",
      },
      { cause },
    );
  }
}
