/** @file `train`: from a data set, or a run that stopped, to a trained run folder, as a stream of events. */
import { existsSync, readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Dataset, openDataset } from "../data/dataset.js";
import { type DoctorReport, reportOf, requireHealthy } from "../data/doctor/report.js";
import { type SurveyOptions, surveyDataset } from "../data/doctor/survey.js";
import { UsageError } from "../errors/index.js";
import { dataHash, recordRun, remembered, requireSameImages } from "../record/index.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { derivePlan, requestedNetwork } from "../train/derive.js";
import { encoderName } from "../train/encoder-tensors.js";
import { type Plan, planFile, readPlan, writePlan } from "../train/plan.js";
import { type AutoPlan, planAutomatically } from "../train/planning/auto.js";
import { planLike } from "../train/planning/like.js";
import { rangeTestFile, writeRangeTest } from "../train/planning/range-test.js";
import type { PlanningEvent } from "../train/planning/settle.js";
import type { RunProgress, TrainingEvent } from "../train/progress.js";
import { recorded } from "../train/recording.js";
import type { PlanRequest } from "../train/request.js";
import { openRun } from "../train/run.js";
import { requireWritable } from "../util/files.js";
import { type DownloadProgress, type FitReport, fetchWeights, type LocalWeights } from "../weights/index.js";

export interface TrainOptions extends PlanRequest {
  /** Folder or list file of the data set; not needed when a run is resumed. */
  readonly data?: string;
  /** Run folder to make. */
  readonly run?: string;
  /** Run folder to go on with. Of the other options only the length may be given then. */
  readonly resume?: string;
  /** Fold `index` (1 to count) of `count`. */
  readonly fold?: { readonly index: number; readonly count: number };
  /** Keeps the labels of `keep` of every `of` training images, chosen by the seed; the others count as unlabelled. */
  readonly labels?: { readonly keep: number; readonly of: number; readonly seed: number };
  /** Folder of images without labels. */
  readonly unlabelled?: string;
  /** File that lists images with masks that a network made, to be learnt from like labelled ones. */
  readonly pseudo?: string;
  /** Run whose size, batch, accumulation and learning rate are taken over where `plan: "auto"` would measure them again. */
  readonly like?: string;
  /** Whether `plan: "auto"` leaves room for sums of gradients: for runs whose plan is made from this one's with more batches an update. */
  readonly roomForSums?: boolean;
  /** Whether the data set is checked first; default true. */
  readonly doctor?: boolean;
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export type TrainEvent =
  | { readonly kind: "checked"; readonly report: DoctorReport }
  /** Bytes of the weights that are on this machine, of all where that is known. */
  | { readonly kind: "fetching"; readonly url: string; readonly done: number; readonly total: number | undefined }
  | PlanningEvent
  | { readonly kind: "planned"; readonly plan: Plan; readonly runDir: string }
  | {
      readonly kind: "weights";
      readonly source: string;
      readonly sha256: string;
      /** Which part of the file was taken, and which it has besides. */
      readonly part: string;
      readonly others: readonly string[];
      readonly report: FitReport;
    }
  | {
      readonly kind: "opened";
      readonly device: Device;
      readonly nodes: number;
      readonly start: RunProgress;
      readonly updatesPerEpoch: number;
    }
  /** Something to know that is no reason to stop. */
  | { readonly kind: "note"; readonly text: string }
  | TrainingEvent;

/** Training images that are looked at when the data set is not to be checked: enough for sizes and statistics. */
const quickSurvey = 200;

/** What is looked at without a check: what is learnt from, as it gives the statistics. */
const quickly = ({ splits }: Dataset): SurveyOptions => ({
  maxSamples: quickSurvey,
  ...(splits.train?.length ? { split: "train" } : {}),
});

/** A run folder must be new or empty, and it is better known before the data are read than after. */
export function requireNewFolder(runDir: string): void {
  if (existsSync(planFile(runDir)))
    throw new UsageError({
      expected: "a run folder that does not exist yet",
      found: `${runDir} holds a run`,
      next: `Go on with segkit train --resume ${runDir}, or choose another --run.`,
    });
  requireWritable(runDir);
  // Hidden files are the system's, or what a run leaves that was killed while it was planned, as is the range test.
  const left = basename(rangeTestFile(runDir));
  if (existsSync(runDir) && readdirSync(runDir).some((name) => !name.startsWith(".") && name !== left))
    throw new UsageError({
      expected: "an empty or new run folder",
      found: `${runDir} holds other files`,
      next: "Choose another --run.",
    });
}

/** Makes a new run folder's plan, after checking the data. */
async function* planRun(options: TrainOptions, runDir: string): AsyncGenerator<TrainEvent, AutoPlan, void> {
  if (options.data === undefined)
    throw new UsageError({
      expected: "a data set",
      found: "none was given",
      next: "segkit train DATA --run DIR, or segkit train --resume RUN.",
    });
  if (options.memory !== undefined && options.plan !== "auto")
    throw new UsageError({
      expected: "plan auto with a limit of memory",
      found: "memory alone",
      next: "Add --plan auto.",
    });
  requireNewFolder(runDir);
  const { fold, labels, unlabelled, pseudo } = options;
  const dataOptions = {
    ...(fold ? { fold } : {}),
    ...(labels ? { labels } : {}),
    ...(unlabelled === undefined ? {} : { unlabelled: resolve(unlabelled) }),
    ...(pseudo === undefined ? {} : { pseudo: resolve(pseudo) }),
  };
  const dataset = await openDataset(options.data, dataOptions);
  const survey = await surveyDataset(dataset, options.doctor === false ? quickly(dataset) : {});
  if (options.doctor !== false) {
    const report = reportOf(survey);
    yield { kind: "checked", report };
    requireHealthy(report);
  }
  const { provider } = await openDevice(options.device ?? "auto");
  const onCpu = provider === "cpu";
  const weights = options.weights === undefined ? undefined : yield* fetching(options.weights, options, onCpu);
  const context = { dataOptions, onCpu, weights };
  if (options.plan !== "auto") return { plan: derivePlan(dataset, survey, options, context) };
  const { like, signal, roomForSums = false } = options;
  if (like === undefined)
    return yield* planAutomatically({ dataset, survey, request: options, context, roomForSums, signal });
  const derive = (more: PlanRequest): Plan => derivePlan(dataset, survey, { ...options, ...more }, context);
  return { plan: planLike(readPlan(like), like, derive) };
}

/** Milliseconds between two reports of a download. */
const reportInterval = 250;

/** Fetches the weights that a run is to start from, reporting now and then. */
async function* fetching(
  source: string,
  options: TrainOptions,
  onCpu: boolean,
): AsyncGenerator<TrainEvent, LocalWeights, void> {
  const { network } = requestedNetwork(options, onCpu);
  let latest: DownloadProgress | undefined;
  let fetched: LocalWeights | undefined;
  const work = fetchWeights(source, {
    encoder: encoderName(network),
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (progress) => {
      latest = progress;
    },
  }).then((weights) => {
    fetched = weights;
  });
  // Whoever leaves the loop early does not wait for the end of it.
  work.catch(() => {});
  while (!fetched) {
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, reportInterval))]);
    if (latest) yield { kind: "fetching", ...latest };
  }
  return fetched;
}

/** What may be given when a run goes on; everything else is settled by its plan. */
const resumable: readonly (keyof TrainOptions)[] = ["resume", "epochs", "steps", "minutes", "doctor", "signal"];

/** @throws UsageError for options that are settled in a file of the run. */
export function requireOnlyLength(options: TrainOptions, file: string): void {
  const given = (Object.keys(options) as (keyof TrainOptions)[]).filter((name) => options[name] !== undefined);
  const settled = given.filter((name) => !resumable.includes(name));
  if (settled.length > 0)
    throw new UsageError({
      expected: "nothing but a new length (epochs, steps or minutes) when a run goes on",
      found: `${settled.join(", ")} with resume`,
      next: `They are settled in ${file}; start a new run to change them.`,
    });
}

/** The plan of a run that goes on; a new length replaces the old one. @throws UsageError for options that the plan has settled. */
function resumePlan(runDir: string, options: TrainOptions): Plan {
  requireOnlyLength(options, planFile(runDir));
  const plan = readPlan(runDir);
  for (const unit of ["epochs", "steps", "minutes"] as const) {
    const count = options[unit];
    if (count !== undefined)
      return { ...plan, length: { value: { unit, count }, reason: "given when the run was resumed" } };
  }
  return plan;
}

/**
 * Trains and reports what happens. The run folder holds everything needed to go on after each checkpoint event.
 *
 * @throws UsageError for impossible options, DataError for unusable data, CheckpointError, RuntimeError.
 * @example
 * for await (const event of train({ data: "camvid", run: "runs/a", minutes: 5 }))
 *   if (event.kind === "validation") console.log(event.step, event.score);
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  const runDir = options.resume ?? options.run;
  if (runDir === undefined)
    throw new UsageError({
      expected: "a run folder",
      found: "neither run nor resume was given",
      next: "Add --run runs/NAME.",
    });
  const { plan, rangeTest }: AutoPlan =
    options.resume === undefined ? yield* planRun(options, runDir) : { plan: resumePlan(runDir, options) };
  const session = await openRun(runDir, plan, options.signal);
  try {
    const { device, nodes, start, updatesPerEpoch, weights, splits } = session;
    const data = await dataHash(splits);
    const changed = start.step > 0 ? requireSameImages(runDir, data, plan.data.path) : [];
    // Only now is it known that everything opens: a plan that cannot run leaves no folder behind.
    if (rangeTest) writeRangeTest(runDir, rangeTest);
    writePlan(runDir, plan);
    yield { kind: "planned", plan, runDir };
    if (changed.length > 0)
      yield {
        kind: "note",
        text: `files of ${changed.join(" and ")} are not what they were when the run began: it does not end as one that never stopped`,
      };
    if (weights) {
      const { source, sha256, part, others, report } = weights;
      yield { kind: "weights", source, sha256, part, others, report };
    }
    yield { kind: "opened", device, nodes, start, updatesPerEpoch };
    const events = recorded(runDir, start.step, session.events());
    let unrecorded: string | undefined;
    try {
      yield* remembered(runDir, { data, fromStep: start.step }, events);
    } finally {
      // Of a run that failed too. It never throws, so whatever made the run fail is what is told.
      unrecorded = await recordRun(runDir);
    }
    if (unrecorded !== undefined) yield { kind: "note", text: unrecorded };
  } finally {
    await session.close();
  }
}
