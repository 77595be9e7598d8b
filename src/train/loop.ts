/** @file The training loop: batches to steps, validation and checkpoints now and then, until the plan's end or a signal. */
import type { Batch, Loader } from "../data/loader/index.js";
import { DataError, RuntimeError } from "../errors/index.js";
import { float32 } from "../runtime/tensor.js";
import type { Schedule } from "../schedules/index.js";
import { type CheckpointKind, saveCheckpoint } from "./checkpoint.js";
import type { RunClock } from "./clock.js";
import type { EndReason, RunProgress, TrainingEvent } from "./progress.js";
import { addPseudo, pseudoScores } from "./pseudo-record.js";
import type { Trainer, TrainingBatch } from "./trainer.js";
import { checkpointGroups } from "./trainer-state.js";
import type { MethodInputs, UnlabelledStream } from "./unlabelled.js";

/** What a validation gives: the score that decides which weights are best (larger is better), and more for the record. */
export interface ValidationResult {
  readonly score: number;
  readonly scores: { readonly [name: string]: number | null };
}

export interface LoopOptions {
  readonly runDir: string;
  readonly trainer: Trainer;
  readonly loader: Loader;
  /** Unlabelled images, for a method that learns from them. */
  readonly unlabelled?: UnlabelledStream;
  readonly accumulate: number;
  readonly schedule: Schedule;
  /** Position on the schedule and share of the run that is done, 0 to 1. */
  readonly clock: RunClock;
  /** Steps between validations; the last step is always followed by one. */
  readonly validateEvery: number;
  /** Validates the weights as they are; undefined when the signal came in between. */
  readonly validate?: () => Promise<ValidationResult | undefined>;
  /** Validations without improvement after which the run ends. */
  readonly patience?: number;
  /** Steps between checkpoints beside those at validations. */
  readonly checkpointEvery: number;
  /** Steps whose mean loss makes one record. */
  readonly recordEvery: number;
  /** Ends the run after the current step. */
  readonly signal?: AbortSignal;
}

/** A labelled batch with what a method needs beside it. */
interface MicroBatch {
  readonly labelled: Batch;
  readonly more?: MethodInputs;
}

/** Groups the endless stream of batches into updates of `accumulate` micro-batches. */
async function* updates(
  { loader, unlabelled, accumulate }: LoopOptions,
  { epoch, batch, step }: RunProgress,
): AsyncGenerator<MicroBatch[], void, void> {
  const beside = unlabelled?.inputs(step * accumulate);
  let group: MicroBatch[] = [];
  try {
    for await (const labelled of loader.batches({ epoch, batch, epochs: Number.POSITIVE_INFINITY })) {
      const next = await beside?.next();
      group.push({ labelled, ...(next ? { more: next.value as MethodInputs } : {}) });
      if (group.length < accumulate) continue;
      yield group;
      group = [];
    }
  } finally {
    await beside?.return(undefined);
  }
}

/** The weight map of a batch, where the loss takes one. */
const weightsOf = ({ pixelWeights, size, height, width }: Batch): MethodInputs =>
  pixelWeights ? { "pixel weights": float32(pixelWeights, [size, height, width]) } : {};

/** The place behind a batch. */
function placeAfter({ epoch, batch }: Batch, batchesPerEpoch: number): Pick<RunProgress, "epoch" | "batch"> {
  return batch + 1 < batchesPerEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
}

/** A loss that is no number has spoilt the weights: the run must not go on, nor be saved like this. */
function requireFinite(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new RuntimeError({
    expected: "a loss that is a number",
    found: `step ${step} gave ${loss}`,
    next: "Start a new run with a lower --lr. The checkpoints from before are untouched.",
  });
}

/** A run on its way: where it stands, and what is done there. */
class Run {
  progress: RunProgress;
  private since = performance.now();

  constructor(
    start: RunProgress,
    private readonly options: LoopOptions,
  ) {
    this.progress = start;
  }

  /** Why the run is over, whatever the signal says. */
  private get over(): EndReason | undefined {
    const { clock, patience } = this.options;
    if (patience !== undefined && this.progress.sinceBest >= patience) return "no improvement";
    if (clock.fraction(this.progress) < 1) return undefined;
    return clock.byTime ? "time is up" : "finished";
  }

  /** Whether these weights are to be validated, and were not yet. */
  get validationDue(): boolean {
    const { validate, validateEvery } = this.options;
    const { step, validated } = this.progress;
    return validate !== undefined && step > validated && (this.over !== undefined || step % validateEvery === 0);
  }

  /** Why the run ends here; undefined when it goes on. */
  get ending(): EndReason | undefined {
    // Who stops a run does not wait for a validation: it is made when the run goes on.
    if (this.options.signal?.aborted && (this.validationDue || !this.over)) return "stopped";
    return this.over;
  }

  /** One update. */
  async *step(batches: readonly MicroBatch[]): AsyncGenerator<TrainingEvent, void, void> {
    const { trainer, loader, schedule, clock, recordEvery } = this.options;
    const learningRate = schedule.learningRate(clock.position(this.progress));
    const micro = batches.map(
      ({ labelled, more }): TrainingBatch => ({
        images: labelled.images,
        masks: labelled.masks,
        more: { ...more, ...weightsOf(labelled) },
      }),
    );
    const { pseudo, ...result } = await trainer.step(
      micro,
      this.progress.step,
      learningRate,
      clock.fraction(this.progress),
    );
    requireFinite(result.loss, this.progress.step + 1);
    this.progress = {
      ...this.progress,
      ...placeAfter(batches.at(-1)!.labelled, loader.batchesPerEpoch),
      pseudo: pseudo ? addPseudo(this.progress.pseudo, pseudo) : null,
      step: this.progress.step + 1,
      lossSum: this.progress.lossSum + result.loss,
      lossCount: this.progress.lossCount + 1,
    };
    this.tick();
    const { step, epoch, lossSum, lossCount, pseudo: counted, seconds } = this.progress;
    yield { kind: "step", step, epoch, learningRate, fraction: clock.fraction(this.progress), ...result };
    if (step % recordEvery !== 0) return;
    const scores = counted ? { pseudo: pseudoScores(counted) } : {};
    yield { kind: "record", step, epoch, loss: lossSum / lossCount, learningRate, ...scores, seconds };
    this.progress = { ...this.progress, lossSum: 0, lossCount: 0, pseudo: null };
  }

  /** Validation and checkpoint, as far as they are due here. */
  async *settle(): AsyncGenerator<TrainingEvent, void, void> {
    const { validate, checkpointEvery } = this.options;
    const { step, epoch } = this.progress;
    const result = this.validationDue && this.ending !== "stopped" ? await validate?.() : undefined;
    if (result) {
      const { score, scores } = result;
      const best = this.accept(score);
      if (best) await this.save("best");
      yield { kind: "validation", step, epoch, score, scores, best, seconds: this.progress.seconds };
    }
    // Without validation the last weights are the best.
    if (!validate && this.over) await this.save("best");
    if (result || this.ending || step % checkpointEvery === 0) {
      await this.save("last");
      yield { kind: "checkpoint", step };
    }
  }

  async save(kind: CheckpointKind): Promise<void> {
    const { runDir, trainer } = this.options;
    const { weights, ema, ...rest } = checkpointGroups(await trainer.state(), trainer.kinds());
    // Nobody goes on from the best weights: what only the next step needs would double their size.
    saveCheckpoint(runDir, kind, { weights, ema, ...(kind === "last" ? rest : {}), state: this.progress });
  }

  /** Takes a score into account; true when it is the best so far. */
  private accept(score: number): boolean {
    const { step, best, sinceBest } = this.progress;
    const better = best === null || score > best.score;
    this.progress = {
      ...this.progress,
      best: better ? { score, step } : best,
      sinceBest: better ? 0 : sinceBest + 1,
      validated: step,
    };
    this.tick();
    return better;
  }

  private tick(): void {
    const now = performance.now();
    this.progress = { ...this.progress, seconds: this.progress.seconds + (now - this.since) / 1000 };
    this.since = now;
  }
}

/**
 * Runs training from a place to the end and reports what happens. Checkpoints are on the disk before their event comes.
 *
 * @throws DataError for a broken file, after saving what was trained so far; RuntimeError when a step fails or gives a loss that is
 *   no number, FileError for a full disk: the last checkpoint then holds the run.
 */
export async function* trainingLoop(
  start: RunProgress,
  options: LoopOptions,
): AsyncGenerator<TrainingEvent, RunProgress, void> {
  const { loader } = options;
  const run = new Run(start, options);
  try {
    if (run.validationDue) yield* run.settle();
    if (!run.ending)
      for await (const batches of updates(options, run.progress)) {
        yield* run.step(batches);
        yield* run.settle();
        if (run.ending) break;
      }
  } catch (error) {
    if (error instanceof DataError && run.progress.step > start.step) await run.save("last");
    throw error;
  }
  const { step, seconds } = run.progress;
  const trained = seconds - start.seconds;
  const waitedShare = trained > 0 ? loader.waitedMs / 1000 / trained : 0;
  yield { kind: "end", step, reason: run.ending ?? "finished", waitedShare, seconds };
  return run.progress;
}
