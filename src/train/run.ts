/** @file A training run from its plan: opens data, trainer and records, goes on where the last checkpoint stands, yields what happens. */
import { openDataset } from "../data/dataset.js";
import { createLoader, type Loader } from "../data/loader/index.js";
import { DataError } from "../errors/index.js";
import { buildLoss } from "../losses/index.js";
import { ConfusionMatrix, frequencyWeightedIou, meanIou, meanPixelAccuracy, pixelAccuracy } from "../metrics/index.js";
import { chooseNetwork } from "../models/registry.js";
import { buildOptimizer } from "../optim/index.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { buildSchedule } from "../schedules/index.js";
import { hasCheckpoint, loadCheckpoint } from "./checkpoint.js";
import type { NetworkSpec } from "./compile.js";
import {
  type RunClock,
  stepClock,
  timeClock,
  timedScheduleSteps,
  trainingLoop,
  type ValidationResult,
} from "./loop.js";
import type { Plan } from "./plan.js";
import { parseProgress, type RunProgress, startOfRun, type TrainingEvent } from "./progress.js";
import { Trainer } from "./trainer.js";
import { trainerTensors } from "./trainer-state.js";

/** The network of a plan. */
export function networkOf(plan: Plan): NetworkSpec {
  return {
    ...chooseNetwork(plan.model.value, plan.modelOptions.value),
    numClasses: plan.data.classes.length,
    channels: plan.data.channels,
  };
}

const whole = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

/** Predicts the validation images by the weights (or their average) and scores them. */
async function validate(trainer: Trainer, loader: Loader, plan: Plan): Promise<ValidationResult> {
  const matrix = new ConfusionMatrix(plan.data.classes.length, { ignoreIndex: plan.data.ignoreIndex });
  const average = plan.ema.value > 0;
  for await (const { images, masks, size, height, width } of loader.batches()) {
    const prediction = await trainer.predict(images, [size, height, width], average);
    matrix.add(masks, prediction.data as Uint8Array);
  }
  const iou = meanIou(matrix);
  return {
    score: whole(iou),
    scores: {
      mIoU: whole(iou),
      PA: whole(pixelAccuracy(matrix)),
      MPA: whole(meanPixelAccuracy(matrix)),
      FWIoU: whole(frequencyWeightedIou(matrix)),
    },
  };
}

function clockOf(
  { unit, count }: Plan["length"]["value"],
  updatesPerEpoch: number,
): { clock: RunClock; steps: number } {
  if (unit === "minutes") return { clock: timeClock(count), steps: timedScheduleSteps };
  const steps = Math.max(1, Math.round(unit === "steps" ? count : count * updatesPerEpoch));
  return { clock: stepClock(steps), steps };
}

export interface RunSession {
  readonly device: Device;
  /** Nodes of the training graph. */
  readonly nodes: number;
  readonly start: RunProgress;
  readonly updatesPerEpoch: number;
  /** Runs to the end; must be consumed, and closes everything when it ends or is left. */
  events(): AsyncGenerator<TrainingEvent, void, void>;
}

/** What the loop does now and then, in steps. */
const recordEvery = 20;
const checkpointEvery = 200;

/**
 * Opens a run that was planned: from its last checkpoint if it has one, else from the start.
 *
 * @throws DataError, UsageError, RuntimeError, CheckpointError, each before the first step.
 */
export async function openRun(runDir: string, plan: Plan, signal?: AbortSignal): Promise<RunSession> {
  const dataset = await openDataset(plan.data.path, plan.data.options);
  const { train, val } = dataset.splits;
  if (!train?.length)
    throw new DataError({
      expected: "images to train on",
      found: "the split train is empty",
      next: "Add images, or choose another folder.",
    });
  const device = await openDevice(plan.device.value);
  const [height, width] = plan.size.value;
  const [batch, accumulate] = [plan.batch.value, plan.accumulate.value];
  const common = { seed: plan.seed.value, workers: plan.workers.value };
  // Transforms were checked when the plan was made; createLoader checks them again.
  const transforms = (list: Plan["trainTransforms"]["value"]) => list as never;
  const loader = createLoader({
    ...common,
    samples: train,
    transforms: transforms(plan.trainTransforms.value),
    batchSize: batch,
    shuffle: true,
  });
  const validation = val?.length
    ? createLoader({
        ...common,
        samples: val,
        transforms: transforms(plan.evalTransforms.value),
        batchSize: plan.inputRule.value === "resize" ? batch : 1,
        workers: 1,
      })
    : undefined;
  const updatesPerEpoch = Math.max(1, Math.floor(loader.batchesPerEpoch / accumulate));
  const { clock, steps } = clockOf(plan.length.value, updatesPerEpoch);
  const trainer = await Trainer.create({
    step: {
      network: networkOf(plan),
      batch,
      height,
      width,
      loss: buildLoss(plan.loss.value as never, "multiclass"),
      update: {
        optimizer: buildOptimizer(plan.optimizer.value as never),
        groups: plan.parameterGroups.value,
        clipping: plan.clipping.value,
      },
      ...(plan.ema.value > 0 ? { ema: plan.ema.value } : {}),
    },
    accumulate,
    device,
    threads: plan.threads.value,
    seed: plan.seed.value,
  });
  const close = async (): Promise<void> => {
    await Promise.all([loader.close(), validation?.close(), trainer.stop()]);
  };
  try {
    let start = startOfRun;
    if (hasCheckpoint(runDir, "last")) {
      const checkpoint = loadCheckpoint(runDir, "last");
      await trainer.restore(trainerTensors(checkpoint));
      start = parseProgress(checkpoint.state);
    }
    const options = {
      runDir,
      trainer,
      loader,
      accumulate,
      schedule: buildSchedule(plan.schedule.value as never, { learningRate: plan.learningRate.value, steps }),
      clock,
      validateEvery: plan.validateEvery.value,
      ...(validation ? { validate: () => validate(trainer, validation, plan) } : {}),
      ...(plan.patience.value > 0 ? { patience: plan.patience.value } : {}),
      checkpointEvery,
      recordEvery,
      ...(signal ? { signal } : {}),
    };
    async function* events(): AsyncGenerator<TrainingEvent, void, void> {
      try {
        yield* trainingLoop(start, options);
      } finally {
        await close();
      }
    }
    return { device, nodes: trainer.nodes, start, updatesPerEpoch, events };
  } catch (error) {
    await close();
    throw error;
  }
}
