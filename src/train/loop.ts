/** @file The training loop: batches to steps, validation and checkpoints now and then, until the plan's end or a signal. */
import type { Batch, Loader } from "../data/loader/index.js";
import type { Schedule } from "../schedules/index.js";
import { type CheckpointKind, saveCheckpoint } from "./checkpoint.js";
import type { EndReason, RunProgress, TrainingEvent } from "./progress.js";
import type { Trainer, TrainingBatch } from "./trainer.js";
import { checkpointGroups } from "./trainer-state.js";

/** What a validation gives: the score that decides which weights are best (larger is better), and more for the record. */
export interface ValidationResult {
  readonly score: number;
  readonly scores: { readonly [name: string]: number | null };
}

export interface LoopOptions {
  readonly runDir: string;
  readonly trainer: Trainer;
  readonly loader: Loader;
  readonly accumulate: number;
  readonly schedule: Schedule;
  /** Position on the schedule and share of the run that is done, 0 to 1. */
  readonly clock: RunClock;
  /** Steps between validations; the last step is always followed by one. */
  readonly validateEvery: number;
  readonly validate?: () => Promise<ValidationResult>;
  /** Validations without improvement after which the run ends. */
  readonly patience?: number;
  /** Steps between checkpoints beside those at validations. */
  readonly checkpointEvery: number;
  /** Steps whose mean loss makes one record. */
  readonly recordEvery: number;
  /** Ends the run after the current step. */
  readonly signal?: AbortSignal;
}

/** How long a run is: in steps, or in time. */
export interface RunClock {
  /** Argument for the schedule at this place. */
  position(progress: RunProgress): number;
  /** Share of the run that is behind, 0 to 1; the run ends at 1. */
  fraction(progress: RunProgress): number;
  readonly byTime: boolean;
}

/** A run of a number of steps. */
export const stepClock = (steps: number): RunClock => ({
  position: ({ step }) => step,
  fraction: ({ step }) => Math.min(1, step / steps),
  byTime: false,
});

/** Steps of the schedule that a run by time goes through, however many it makes. */
export const timedScheduleSteps = 10_000;

/** A run of a number of minutes: the schedule follows the time, so that it reaches its end whatever the machine's speed. */
export const timeClock = (minutes: number): RunClock => {
  const fraction = ({ seconds }: RunProgress): number => Math.min(1, seconds / (minutes * 60));
  return {
    position: (progress) => Math.min(timedScheduleSteps - 1, Math.floor(fraction(progress) * timedScheduleSteps)),
    fraction,
    byTime: true,
  };
};

/** Groups the endless stream of batches into updates of `count` micro-batches. */
async function* updates(
  loader: Loader,
  { epoch, batch }: RunProgress,
  count: number,
): AsyncGenerator<Batch[], void, void> {
  let group: Batch[] = [];
  for await (const next of loader.batches({ epoch, batch, epochs: Number.POSITIVE_INFINITY })) {
    group.push(next);
    if (group.length < count) continue;
    yield group;
    group = [];
  }
}

/** The place behind a batch. */
function placeAfter({ epoch, batch }: Batch, batchesPerEpoch: number): Pick<RunProgress, "epoch" | "batch"> {
  return batch + 1 < batchesPerEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
}

/**
 * Runs training from a place to the end and reports what happens. Checkpoints are on the disk before their event comes.
 *
 * @throws DataError for a broken file, RuntimeError when a step fails; the last checkpoint then holds the run.
 */
export async function* trainingLoop(
  start: RunProgress,
  options: LoopOptions,
): AsyncGenerator<TrainingEvent, RunProgress, void> {
  const { trainer, loader, schedule, clock, validate, accumulate, signal } = options;
  let progress = start;
  let since = performance.now();
  const tick = (): void => {
    const now = performance.now();
    progress = { ...progress, seconds: progress.seconds + (now - since) / 1000 };
    since = now;
  };
  const save = async (kind: CheckpointKind): Promise<void> =>
    saveCheckpoint(options.runDir, kind, {
      ...checkpointGroups(await trainer.state(), trainer.kinds()),
      state: progress,
    });
  const ending = (): EndReason | undefined => {
    if (signal?.aborted) return "stopped";
    if (options.patience !== undefined && progress.sinceBest >= options.patience) return "no improvement";
    if (clock.fraction(progress) >= 1) return clock.byTime ? "time is up" : "finished";
    return undefined;
  };
  const startSeconds = progress.seconds;
  let reason = ending();
  if (reason === undefined)
    for await (const batches of updates(loader, progress, accumulate)) {
      const learningRate = schedule.learningRate(clock.position(progress));
      const result = await trainer.step(
        batches.map(({ images, masks }): TrainingBatch => ({ images, masks })),
        progress.step,
        learningRate,
      );
      progress = {
        ...progress,
        ...placeAfter(batches.at(-1)!, loader.batchesPerEpoch),
        step: progress.step + 1,
        lossSum: progress.lossSum + result.loss,
        lossCount: progress.lossCount + 1,
      };
      tick();
      const { step, epoch } = progress;
      yield { kind: "step", step, epoch, learningRate, fraction: clock.fraction(progress), ...result };
      if (step % options.recordEvery === 0) {
        yield {
          kind: "record",
          step,
          epoch,
          loss: progress.lossSum / progress.lossCount,
          learningRate,
          seconds: progress.seconds,
        };
        progress = { ...progress, lossSum: 0, lossCount: 0 };
      }
      reason = ending();
      const last = reason !== undefined && reason !== "stopped";
      if (validate && (last || step % options.validateEvery === 0)) {
        const { score, scores } = await validate();
        const best = progress.best === null || score > progress.best.score;
        progress = {
          ...progress,
          best: best ? { score, step } : progress.best,
          sinceBest: best ? 0 : progress.sinceBest + 1,
        };
        tick();
        if (best) await save("best");
        yield { kind: "validation", step, epoch, score, scores, best, seconds: progress.seconds };
        await save("last");
        yield { kind: "checkpoint", step };
        reason ??= ending();
      } else if (reason !== undefined || step % options.checkpointEvery === 0) {
        await save("last");
        if (!validate && last) await save("best");
        yield { kind: "checkpoint", step };
      }
      if (reason !== undefined) break;
    }
  const trained = progress.seconds - startSeconds;
  yield {
    kind: "end",
    step: progress.step,
    reason: reason ?? "finished",
    waitedShare: trained > 0 ? loader.waitedMs / 1000 / trained : 0,
    seconds: progress.seconds,
  };
  return progress;
}
