/** @file Rounds: trains, labels, trains again, with the state on disk after each part, so that it can be gone on with anywhere. */
import { existsSync, rmSync } from "node:fs";
import type { Dataset } from "../../data/dataset.js";
import { openDataset } from "../../data/dataset.js";
import { readRunModel } from "../../predict/run-model.js";
import { dataHash, recordRun, requireSameImages } from "../../record/index.js";
import { loadCheckpoint } from "../../train/checkpoint.js";
import { type Plan, planFile, readPlan, writePlan } from "../../train/plan.js";
import { parseProgress, type RunProgress, startOfRun } from "../../train/progress.js";
import {
  bestRound,
  type LabelRecord,
  type RoundRecord,
  roundFolder,
  type SemiState,
  writeState,
} from "../../train/semi-state.js";
import { writeFileAtomic } from "../../util/files.js";
import { sha256 } from "../../weights/bytes.js";
import { encodeSafetensors } from "../../weights/safetensors.js";
import { type TrainEvent, type TrainOptions, train } from "../train.js";
import { goOnFrom } from "./go-on.js";
import { copyRun } from "./result.js";
import { labelList, readItems, removeScratch, startFile, writeItems } from "./round-folder.js";
import type { LabelProgress, RoundMethod } from "./round-method.js";
import { continuedLength, type RoundLength, roundLength, roundPlan } from "./round-plan.js";
import { keepSnapshots, Snapshots } from "./snapshots.js";

export type RoundEvent =
  | {
      readonly kind: "round";
      /** From 0, which learns from labels alone. */
      readonly round: number;
      readonly rounds: number;
      readonly length: RoundLength;
      readonly runDir: string;
    }
  /** A round was trained; `best` so far by its score, which is null without validation images. */
  | { readonly kind: "scored"; readonly round: number; readonly score: number | null; readonly best: boolean }
  | ({ readonly kind: "labelling"; readonly round: number } & LabelProgress)
  | ({ readonly kind: "labelled"; readonly round: number } & LabelRecord)
  /** All is done, and the folder is the run of its best round. */
  | { readonly kind: "result"; readonly round: number; readonly score: number | null; readonly runDir: string }
  /** The signal came; the folder can be gone on with. */
  | { readonly kind: "stopped"; readonly runDir: string };

/** A method with its options. */
export interface RoundChoice {
  readonly method: RoundMethod;
  readonly options: { readonly [option: string]: unknown };
}

const progressOf = (folder: string): RunProgress => parseProgress(loadCheckpoint(folder, "last", []).state);

export class Rounds {
  private readonly shares: readonly number[];
  private dataset: Dataset | undefined;

  constructor(
    private readonly runDir: string,
    private state: SemiState,
    private readonly choice: RoundChoice,
    private readonly signal?: AbortSignal,
  ) {
    this.shares = choice.method.shares(choice.options);
  }

  private folder = (round: number): string => roundFolder(this.runDir, round);

  private save(changes: Partial<SemiState>): void {
    this.state = { ...this.state, ...changes };
    writeState(this.runDir, this.state);
  }

  /** Goes on to the end, or to the signal. */
  async *run(): AsyncGenerator<TrainEvent | RoundEvent, void, void> {
    const total = this.shares.length;
    for (let round = 0; round < total && this.state.result === null; round++) {
      if (!this.state.rounds[round]) {
        if (!(yield* this.train(round))) return yield { kind: "stopped", runDir: this.runDir };
        const { score } = this.state.rounds[round]!;
        yield { kind: "scored", round, score, best: bestRound(this.state.rounds).round === round };
      }
      const best = bestRound(this.state.rounds).round;
      if (round + 1 === total || round - best >= this.choice.method.patience(this.choice.options)) break;
      if (!this.state.rounds[round]!.labels && !(yield* this.label(round)))
        return yield { kind: "stopped", runDir: this.runDir };
    }
    const { round, score } = bestRound(this.state.rounds);
    if (this.state.result === null) {
      copyRun(this.folder(round), this.runDir);
      // Before the record, which says by it that the run has come to its end.
      this.save({ result: round });
      const unrecorded = await recordRun(this.runDir);
      if (unrecorded !== undefined) yield { kind: "note", text: unrecorded };
    }
    removeScratch(this.runDir, this.state.rounds.length);
    yield { kind: "result", round, score, runDir: this.runDir };
  }

  /** Trains a round, or goes on with it; false when the signal came. */
  private async *train(round: number): AsyncGenerator<TrainEvent | RoundEvent, boolean, void> {
    const folder = this.folder(round);
    const length = roundLength(this.state.length, this.shares, round, this.state.updatesPerEpoch);
    const rounds = this.shares.length;
    yield { kind: "round", round, rounds, length, runDir: folder };
    if (round > 0 && !existsSync(planFile(folder))) this.plan(round, length);
    const begun = existsSync(planFile(folder));
    const horizon = this.continued(round)?.of;
    const options: TrainOptions = begun
      ? { resume: folder }
      : {
          ...(this.state.request as TrainOptions),
          [length.unit]: length.count,
          ...(horizon === undefined ? {} : { horizon }),
          // Later rounds may make updates of several batches. Whatever they do: their first one may be that of another run.
          roomForSums: true,
          run: folder,
        };
    const events = train({ ...options, ...(this.signal ? { signal: this.signal } : {}) });
    const { snapshots } = this.choice.method;
    const kept = round > 0 || snapshots.length === 0 ? events : keepSnapshots(new Snapshots(folder, snapshots), events);
    for await (const event of kept) {
      if (event.kind === "opened" && round === 0) this.save({ updatesPerEpoch: event.updatesPerEpoch });
      yield event;
      if (event.kind === "end" && event.reason === "stopped") return false;
    }
    rmSync(startFile(folder), { force: true });
    const { step, seconds, best } = progressOf(folder);
    const before = round > 0 && this.continued(round) ? progressOf(this.folder(round - 1)) : startOfRun;
    const record: RoundRecord = {
      round,
      steps: step - before.step,
      seconds: seconds - before.seconds,
      score: best?.score ?? null,
    };
    this.save({ rounds: [...this.state.rounds, record] });
    return true;
  }

  /** Writes the plan of a round after the first. */
  private plan(round: number, length: RoundLength): void {
    const { method, options } = this.choice;
    const [folder, before] = [this.folder(round), this.folder(round - 1)];
    const settings = method.settings(options, round);
    const measured = this.state.request.plan === "auto";
    const facts = { round, length, settings, measured, list: labelList(before), items: readItems(before).length };
    const continued = this.continued(round);
    const start = method.start(options) === "best" ? { start: this.startFrom(before, folder) } : {};
    if (continued) goOnFrom(before, folder);
    // The plan comes last: with one the folder is a run.
    writePlan(folder, roundPlan(readPlan(this.folder(0)), { ...facts, ...start, ...(continued ? { continued } : {}) }));
  }

  /** Where a round ends when all rounds are one training, which the method may not want. */
  private continued(round: number): RoundLength | undefined {
    const { method, options } = this.choice;
    if (method.start(options) !== "continued") return undefined;
    return continuedLength(this.state.length, this.shares, round, this.state.updatesPerEpoch);
  }

  /** One file with the averages in place of the weights where there are any: what the model of the round before is. */
  private startFrom(before: string, folder: string): { file: string; sha256: string } {
    const parts = encodeSafetensors(readRunModel(before).weights);
    writeFileAtomic(startFile(folder), parts);
    return { file: startFile(folder), sha256: sha256(parts) };
  }

  /** Labels with a round's network; false when the signal came. */
  private async *label(round: number): AsyncGenerator<RoundEvent, boolean, void> {
    const { method, options } = this.choice;
    const plan = readPlan(this.folder(round));
    const { unlabelled = [], hidden = [] } = (await this.open(plan)).splits;
    const work = {
      round,
      folder: this.folder,
      plan,
      samples: unlabelled,
      hidden: new Map(hidden.map((sample) => [sample.id, sample])),
      signal: this.signal,
    };
    const labelling = method.label(work, options);
    for (;;) {
      const { done, value } = await labelling.next();
      if (!done) {
        yield { kind: "labelling", round, ...value };
        continue;
      }
      if (!value) return false;
      writeItems(this.folder(round), value.items);
      const records = this.state.rounds.map((one) => (one.round === round ? { ...one, labels: value.record } : one));
      this.save({ rounds: records });
      yield { kind: "labelled", round, ...value.record };
      return true;
    }
  }

  /**
   * The data set without pseudo-labels, as the first round saw it: which images have none does not change from round to round.
   *
   * @throws DataError when it did, as what is on disk already would be taken for the labels of other images.
   */
  private async open({ data }: Plan): Promise<Dataset> {
    if (this.dataset) return this.dataset;
    const { pseudo: _, ...options } = data.options as { pseudo?: string };
    const dataset = await openDataset(data.path, { ...options, channels: data.channels });
    requireSameImages(this.folder(0), await dataHash(dataset.splits), data.path);
    this.dataset = dataset;
    return dataset;
  }
}
