/** @file Weights of a run at some places on its way, each kept as a run folder that predicts with them. */
import { existsSync } from "node:fs";
import { UsageError } from "../../errors/index.js";
import { hasCheckpoint, loadCheckpoint, saveCheckpoint } from "../../train/checkpoint.js";
import { clockOf } from "../../train/clock.js";
import { type Plan, planFile, readPlan, writePlan } from "../../train/plan.js";
import { parseProgress } from "../../train/progress.js";
import type { TrainEvent } from "../train.js";
import { snapshotFolder } from "./round-folder.js";

export class Snapshots {
  private steps: readonly number[] = [];

  /** @param places shares of the run's steps, rising, the last one 1 */
  constructor(
    private readonly folder: string,
    private readonly places: readonly number[],
  ) {}

  /**
   * Finds the steps: of each place the first at or behind it that every run of this plan makes a checkpoint at, so that a stop
   * in between does not move it.
   *
   * @throws UsageError for a run by minutes, of which nobody knows the steps.
   */
  open({ length, validateEvery, checkpointEvery }: Plan, updatesPerEpoch: number): void {
    if (length.value.unit === "minutes")
      throw new UsageError({
        expected: "a length in steps or epochs for a method that compares the network at several of them",
        found: "minutes",
        next: "Add --steps N or --epochs N.",
      });
    const { steps } = clockOf(length.value, updatesPerEpoch);
    const nextOf = (every: number, step: number): number => Math.ceil(step / every) * every;
    this.steps = this.places.map((place) => {
      const step = Math.max(1, Math.round(place * steps));
      return Math.min(steps, nextOf(validateEvery.value, step), nextOf(checkpointEvery.value, step));
    });
  }

  /** Keeps the last checkpoint where it is at a place that is not kept yet. @param end whether the run is over: then what is missing is kept, too */
  keep(end = false): void {
    if (!hasCheckpoint(this.folder, "last")) return;
    const { step } = parseProgress(loadCheckpoint(this.folder, "last", []).state);
    for (const [i, at] of this.steps.entries()) {
      const target = snapshotFolder(this.folder, i);
      if (existsSync(planFile(target)) || !(step === at || end)) continue;
      const { weights, ema, state } = loadCheckpoint(this.folder, "last", ["weights", "ema"]);
      saveCheckpoint(target, "best", { weights, ema, state });
      // Last: what has a plan is whole.
      writePlan(target, readPlan(this.folder));
    }
  }
}

/** Passes a run's events on and keeps snapshots on the way; the run waits meanwhile. */
export async function* keepSnapshots(
  snapshots: Snapshots,
  events: AsyncIterable<TrainEvent>,
): AsyncGenerator<TrainEvent, void, void> {
  let plan: Plan | undefined;
  for await (const event of events) {
    if (event.kind === "planned") plan = event.plan;
    if (event.kind === "opened") {
      snapshots.open(plan!, event.updatesPerEpoch);
      // A run that was killed between a checkpoint and its snapshot stands there still.
      snapshots.keep();
    }
    if (event.kind === "checkpoint") snapshots.keep();
    if (event.kind === "end" && event.reason !== "stopped") snapshots.keep(true);
    yield event;
  }
}
