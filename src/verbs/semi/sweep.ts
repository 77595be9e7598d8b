/** @file `sweepSemi`: the same training with several values of some options, as runs of their own, with a table and a plot. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { CheckpointError, UsageError } from "../../errors/index.js";
import { loadCheckpoint } from "../../train/checkpoint.js";
import { planFile } from "../../train/plan.js";
import { parseProgress } from "../../train/progress.js";
import { hasState, readState } from "../../train/semi-state.js";
import { requireWritable, writeFileAtomic } from "../../util/files.js";
import { withWholePaths } from "../whole-paths.js";
import { hasSameFirstRound } from "./first-round.js";
import { chooseSemiMethod } from "./methods.js";
import { newState, type SemiEvent, type SemiOptions, semi } from "./semi.js";
import { type SweepAxis, sweepPoints } from "./sweep-axis.js";
import { writeSweepPage } from "./sweep-page.js";

export interface SweepOptions extends SemiOptions {
  /** Options with their values; all combinations are tried. Not given when a sweep is resumed. */
  readonly sweep?: readonly SweepAxis[];
}

const rowSchema = z.object({
  /** The value of each axis. */
  values: z.array(z.string()),
  /** Run folder, from the folder of the sweep on. */
  folder: z.string(),
  /** Best validation mIoU; null without validation images. */
  score: z.number().nullable(),
  /** For methods in rounds: the best round, the scores of all, and share and accuracy of the last pseudo-labels. */
  round: z.number().optional(),
  scores: z.array(z.number().nullable()).optional(),
  share: z.number().nullable().optional(),
  accuracy: z.number().nullable().optional(),
  /** Seconds of training. */
  seconds: z.number(),
});
export type SweepRow = z.output<typeof rowSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  axes: z.array(z.object({ name: z.string(), values: z.array(z.string()).min(1) })).min(1),
  request: z.record(z.string(), z.unknown()),
  rows: z.array(rowSchema),
});
type SweepFile = z.output<typeof fileSchema>;

export type SweepEvent =
  | SemiEvent
  | {
      readonly kind: "point";
      /** From 0. */
      readonly index: number;
      readonly total: number;
      readonly values: readonly string[];
      readonly runDir: string;
    }
  | ({ readonly kind: "row" } & SweepRow)
  /** All is done; `page` shows it. */
  | {
      readonly kind: "swept";
      readonly axes: readonly SweepAxis[];
      readonly rows: readonly SweepRow[];
      readonly file: string;
      readonly page: string;
    };

export const sweepFile = (runDir: string): string => join(runDir, "sweep.json");

/** Whether a folder holds a sweep. */
export const hasSweep = (runDir: string): boolean => existsSync(sweepFile(runDir));

function readSweep(runDir: string): SweepFile {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(sweepFile(runDir), "utf8")));
  } catch (cause) {
    throw new CheckpointError(
      { expected: "the state of a sweep", found: `${sweepFile(runDir)} is damaged`, next: "Restore it from a copy." },
      { cause },
    );
  }
}

const writeSweep = (runDir: string, sweep: SweepFile): void =>
  writeFileAtomic(sweepFile(runDir), `${JSON.stringify(sweep, null, 2)}\n`);

function rowOf(values: readonly string[], runDir: string, folder: string): SweepRow {
  const { best, seconds } = parseProgress(loadCheckpoint(runDir, "last", []).state);
  const row = { values: [...values], folder, score: best?.score ?? null, seconds };
  if (!hasState(runDir)) return row;
  const { rounds, result } = readState(runDir);
  const labels = rounds.findLast((round) => round.labels)?.labels;
  return {
    ...row,
    ...(result === null ? {} : { round: result }),
    scores: rounds.map(({ score }) => score),
    ...(labels ? { share: labels.share, accuracy: labels.accuracy } : {}),
    seconds: rounds.reduce((sum, round) => sum + round.seconds, 0),
  };
}

/** The run among those done whose first round is what that of a point would be. */
function firstRoundOf(chosen: SemiOptions, done: readonly string[]): string | undefined {
  const { method, options } = chooseSemiMethod(chosen.method ?? "", chosen.methodOptions);
  if (!method.rounds) return undefined;
  const state = newState(chosen, { method: method.rounds, options });
  return done.find((run) => hasSameFirstRound(run, state));
}

/** A new sweep's file. @throws UsageError for impossible axes or a folder that is in use */
function newSweep(
  { sweep: axes = [], signal: _signal, run: _run, resume: _resume, ...options }: SweepOptions,
  runDir: string,
) {
  if (options.data === undefined)
    throw new UsageError({ expected: "a data set", found: "none was given", next: "segkit semi DATA --sweep ..." });
  const request = withWholePaths(options);
  sweepPoints(request, axes);
  requireWritable(runDir);
  if (existsSync(runDir) && readdirSync(runDir).some((name) => !name.startsWith(".")))
    throw new UsageError({
      expected: "an empty or new folder for the sweep",
      found: `${runDir} holds other files`,
      next: hasSweep(runDir) ? `Go on with segkit semi --resume ${runDir}.` : "Choose another --run.",
    });
  return fileSchema.parse({ version: 1, axes, request, rows: [] });
}

/**
 * Trains once for each combination of values, each in a folder below `sweep/`, and writes sweep.json and sweep.html.
 *
 * @throws As `semi`; UsageError for axes that the method does not have.
 * @example
 * const sweep = [{ name: "portion", values: ["5%", "20%"] }];
 * for await (const event of sweepSemi({ data: "camvid", method: "self-training", labels, run: "runs/portions", sweep }))
 *   if (event.kind === "row") console.log(event.values, event.score);
 */
export async function* sweepSemi(options: SweepOptions): AsyncGenerator<SweepEvent, void, void> {
  const runDir = options.resume ?? options.run;
  if (runDir === undefined)
    throw new UsageError({ expected: "a folder for the sweep", found: "none was given", next: "Add --run runs/NAME." });
  const { signal } = options;
  let state = options.resume === undefined ? newSweep(options, runDir) : readSweep(runDir);
  const points = sweepPoints(state.request as SemiOptions, state.axes);
  writeSweep(runDir, state);
  for (const [index, { values, folder: name, options: chosen }] of points.entries()) {
    const folder = join("sweep", name);
    if (state.rows.some((row) => row.folder === folder)) continue;
    const run = join(runDir, folder);
    yield { kind: "point", index, total: points.length, values, runDir: run };
    const begun = hasState(run) || existsSync(planFile(run));
    // Without either nothing is done that could be gone on with.
    if (!begun) rmSync(run, { recursive: true, force: true });
    const first = begun
      ? undefined
      : firstRoundOf(
          chosen,
          state.rows.map((row) => join(runDir, row.folder)),
        );
    const more = { ...(signal ? { signal } : {}), ...(first === undefined ? {} : { first }) };
    for await (const event of semi(begun ? { resume: run, ...more } : { ...chosen, run, ...more })) {
      yield event;
      if (event.kind === "end" && event.reason === "stopped") return;
      if (event.kind === "stopped") return;
    }
    const row = rowOf(values, run, folder);
    state = { ...state, rows: [...state.rows, row] };
    writeSweep(runDir, state);
    yield { kind: "row", ...row };
  }
  const page = join(runDir, "sweep.html");
  writeSweepPage(page, { title: basename(resolve(runDir)), axes: state.axes, rows: state.rows });
  yield { kind: "swept", axes: state.axes, rows: state.rows, file: sweepFile(runDir), page };
}
