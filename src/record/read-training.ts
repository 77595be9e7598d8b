/** @file RunRecord: everything a run folder says of its run, in the form in which it is kept and compared. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CheckpointError, SegkitError } from "../errors/index.js";
import { hasCheckpoint, loadCheckpoint } from "../train/checkpoint.js";
import { planFile } from "../train/plan.js";
import { parseProgress, type RunProgress } from "../train/progress.js";
import { type MetricsRecord, readMetrics } from "../train/record/metrics-log.js";
import { metricsFile } from "../train/recording.js";
import { readSessions, type Session } from "./run-file.js";
import {
  readScores,
  type ScoreFile,
  type ScoreSettings,
  scoreFiles,
  type TotalScores,
  totalScores,
} from "./score-file.js";

/** One number of one line of metrics.jsonl. */
export interface CurvePoint {
  readonly split: string;
  readonly field: string;
  readonly step: number;
  /** Seconds of training so far; null where the line does not say. */
  readonly seconds: number | null;
  readonly value: number;
}

/** Scores of a run on a split, without those of single images. */
export interface SplitScores {
  /** Name of the data set when it is another than the run's own, else empty. */
  readonly data: string;
  readonly split: string;
  /** Step of the weights that were scored. */
  readonly step: number;
  readonly settings: ScoreSettings;
  /** Number of images, and a hash of their names and masks. */
  readonly images: number;
  readonly imageSet: string;
  readonly classes: TotalScores["classes"];
}

export interface RunRecord {
  readonly name: string;
  /** As it stands in plan.json. */
  readonly plan: { readonly [choice: string]: unknown };
  readonly sessions: readonly Session[];
  /** Whether report.html is there, which is made when training has ended. */
  readonly hasReport: boolean;
  readonly step: number;
  readonly epoch: number;
  /** Seconds of training. */
  readonly seconds: number;
  readonly best: RunProgress["best"];
  readonly curves: readonly CurvePoint[];
  readonly scores: readonly SplitScores[];
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

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

/** Where the run stands: by its checkpoint, or by the last line of metrics when that is newer. */
function placeOf(progress: RunProgress | undefined, records: readonly MetricsRecord[]) {
  const last = records.at(-1);
  if (progress && !(last && last.step > progress.step)) return progress;
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  return { step: number(last?.step), epoch: number(last?.epoch), seconds: number(last?.seconds) };
}

/** Name of the data set of a plan. */
export const dataName = (plan: RunRecord["plan"]): string => {
  const data = plan.data as { name?: unknown } | undefined;
  return typeof data?.name === "string" ? data.name : "";
};

/**
 * Reads a run folder. Damaged files other than the plan are left out and named in `problems`.
 *
 * @param name what the run is called in the record; default the folder's name
 * @throws CheckpointError when there is no plan, or it is no JSON.
 */
export function readRun(runDir: string, name = basename(runDir)): RunRecord {
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SegkitError)) throw error;
      problems.push(error.found);
      return undefined;
    }
  };
  const plan = readPlanLoosely(runDir);
  const own = dataName(plan);
  const sessions = attempt(() => readSessions(runDir)) ?? [];
  const records = existsSync(metricsFile(runDir)) ? (attempt(() => readMetrics(metricsFile(runDir))) ?? []) : [];
  const progress = hasCheckpoint(runDir, "last")
    ? attempt(() => parseProgress(loadCheckpoint(runDir, "last", []).state))
    : undefined;
  const best =
    progress?.best ??
    (hasCheckpoint(runDir, "best")
      ? attempt(() => parseProgress(loadCheckpoint(runDir, "best", []).state).best)
      : undefined);
  const { step, epoch, seconds } = placeOf(progress, records);
  return {
    name,
    plan,
    sessions,
    hasReport: existsSync(join(runDir, "report.html")),
    step,
    epoch,
    seconds,
    best: best ?? null,
    curves: records.flatMap(pointsOf),
    scores: scoreFiles(runDir).flatMap((file) => {
      const scores = attempt(() => readScores(file));
      return scores ? [summary(scores, own)] : [];
    }),
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
