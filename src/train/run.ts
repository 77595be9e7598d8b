/** @file A training run from its plan: opens data, trainer and records, goes on where the last checkpoint stands, yields what happens. */
import { type Dataset, openDataset } from "../data/dataset.js";
import { forStudy } from "../data/few-labels/index.js";
import { createLoader, type Loader } from "../data/loader/index.js";
import { DataError } from "../errors/index.js";
import { buildLoss, weightMapOf } from "../losses/index.js";
import { chooseNetwork } from "../models/registry.js";
import { buildOptimizer } from "../optim/index.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { buildSchedule } from "../schedules/index.js";
import { chooseMethod } from "../semi/methods/registry.js";
import { hash32, hashText } from "../util/random.js";
import type { NamedTensors } from "../weights/tensor.js";
import { hasCheckpoint, loadCheckpoint } from "./checkpoint.js";
import { pixelWeightsOf } from "./choose-loss.js";
import { clockOf, endedBy } from "./clock.js";
import { frozenPart } from "./frozen.js";
import { type LoopOptions, trainingLoop } from "./loop.js";
import type { Plan } from "./plan.js";
import { parseProgress, type RunProgress, startOfRun, type TrainingEvent } from "./progress.js";
import { type StartingWeights, startingWeights } from "./starting-weights.js";
import type { MethodSpec, NetworkSpec } from "./step.js";
import { Trainer } from "./trainer.js";
import { trainerTensors } from "./trainer-state.js";
import { type UnlabelledStream, unlabelledStream } from "./unlabelled.js";
import { validate } from "./validate.js";

/** The network of a plan. */
export function networkOf(plan: Plan): NetworkSpec {
  return {
    ...chooseNetwork(plan.model.value, plan.modelOptions.value),
    numClasses: plan.data.classes.length,
    channels: plan.data.channels,
  };
}

export interface RunSession {
  readonly device: Device;
  /** Nodes of the training graph. */
  readonly nodes: number;
  readonly start: RunProgress;
  /** What became of the weights that the plan names; undefined where there are none, or the run goes on. */
  readonly weights: StartingWeights | undefined;
  readonly updatesPerEpoch: number;
  /** What the run learns from and is validated on. */
  readonly splits: Dataset["splits"];
  /** Runs to the end, or to the signal. */
  events(): AsyncGenerator<TrainingEvent, RunProgress, void>;
  /** Lets the running step end and frees everything; to be called whatever happens. */
  close(): Promise<void>;
}

/** What makes a run a trial. */
export interface TrialLimits {
  /** Most batches of a validation; default all. */
  readonly validationBatches?: number;
  /** Whether it ends after this step, with all that belongs to an end. */
  readonly isOver?: () => boolean;
}

/** Steps whose mean loss makes one record. */
const recordEvery = 20;

interface Loaders {
  readonly training: Loader;
  readonly validation?: Loader;
  readonly unlabelled?: Loader;
}

/** The loader of a method's unlabelled images; where their true classes are known they come along for study. */
function openUnlabelled(plan: Plan, { unlabelled = [], hidden = [] }: Dataset["splits"]): Loader | undefined {
  const method = plan.method.value;
  if (!method || method.batch > unlabelled.length) return undefined;
  return createLoader({
    samples: forStudy(unlabelled, hidden),
    transforms: method.weak as never,
    views: method.strong as never,
    batchSize: method.batch,
    shuffle: true,
    seed: hash32(plan.seed.value ^ hashText("unlabelled")),
    workers: plan.workers.value,
  });
}

function openLoaders(plan: Plan, splits: Dataset["splits"]): Loaders {
  const { train, val } = splits;
  if (!train?.length)
    throw new DataError({
      expected: "images to train on",
      found: "the split train is empty",
      next: "Add images, or choose another folder.",
    });
  const batchSize = plan.batch.value;
  const common = { seed: plan.seed.value, workers: plan.workers.value };
  // Transforms were checked when the plan was made; createLoader checks them again.
  const transforms = (list: Plan["trainTransforms"]["value"]) => list as never;
  const weightMap = weightMapOf(plan.loss.value as never);
  const training = createLoader({
    ...common,
    samples: train,
    transforms: transforms(plan.trainTransforms.value),
    ...(plan.pseudoTransforms.value ? { pseudoTransforms: transforms(plan.pseudoTransforms.value) } : {}),
    batchSize,
    shuffle: true,
    ...(weightMap ? { weightMap } : {}),
    ...(plan.mix.value ? { mix: plan.mix.value } : {}),
    ...(plan.sampling.value.weights ? { sampleWeights: plan.sampling.value.weights } : {}),
  });
  const beside = openUnlabelled(plan, splits);
  const unlabelled = beside ? { unlabelled: beside } : {};
  if (!val?.length) return { training, ...unlabelled };
  const validation = createLoader({
    ...common,
    samples: val,
    transforms: transforms(plan.evalTransforms.value),
    batchSize: plan.inputRule.value === "resize" ? batchSize : 1,
    workers: 1,
  });
  return { training, validation, ...unlabelled };
}

/** The method of a plan; undefined where unlabelled images are not learnt from. */
function methodOf({ method: { value }, learningRate, data, loss }: Plan): MethodSpec | undefined {
  if (!value) return undefined;
  return {
    ...chooseMethod(value.name, value.options),
    unlabelledBatch: value.batch,
    learningRate: learningRate.value,
    ignoreIndex: data.ignoreIndex,
    classWeights: pixelWeightsOf(loss.value),
  };
}

function streamOf(plan: Plan, loader: Loader): UnlabelledStream {
  const { method, options } = methodOf(plan)!;
  return unlabelledStream({
    loader,
    seed: plan.seed.value,
    numClasses: plan.data.classes.length,
    mixings: Math.max(1, method.strongViews(options)),
    boxes: method.boxes ?? "one",
  });
}

function openTrainer(plan: Plan, device: Device, start: NamedTensors | undefined): Promise<Trainer> {
  const [height, width] = plan.size.value;
  const network = networkOf(plan);
  const method = methodOf(plan);
  const frozen = frozenPart(network, plan.size.value, { freeze: plan.freeze.value, frozenNorm: plan.frozenNorm.value });
  return Trainer.create({
    step: {
      network: { ...network, stateOptions: { frozenNorm: frozen.norm } },
      batch: plan.batch.value,
      height,
      width,
      loss: buildLoss(plan.loss.value as never, "multiclass"),
      weightMap: weightMapOf(plan.loss.value as never) !== undefined,
      update: {
        optimizer: buildOptimizer(plan.optimizer.value as never),
        groups: [...plan.parameterGroups.value, { match: frozen.parameter, frozen: true }],
        clipping: plan.clipping.value,
      },
      ...(plan.ema.value > 0 ? { ema: plan.ema.value } : {}),
      ...(method ? { method } : {}),
    },
    accumulate: plan.accumulate.value,
    device,
    threads: plan.threads.value,
    seed: plan.seed.value,
    ...(start ? { start } : {}),
  });
}

/** A run goes on as if it had never stopped only on the data that it began with. */
function requireSameData({ data }: Plan, { splits, classes }: Dataset): void {
  const then = `${data.images.train} training images of ${data.classes.length} classes`;
  const now = `${splits.train?.length} training images of ${classes.numClasses} classes`;
  if (then === now) return;
  throw new DataError({
    file: data.path,
    expected: `${then}, as when the run began`,
    found: now,
    next: "Bring the data back, or start a new run.",
  });
}

/** Puts the last checkpoint into the trainer, if the run has one; gives the place to go on from. */
async function restore(runDir: string, trainer: Trainer): Promise<RunProgress> {
  if (!hasCheckpoint(runDir, "last")) return startOfRun;
  const checkpoint = loadCheckpoint(runDir, "last");
  await trainer.restore(trainerTensors(checkpoint));
  return parseProgress(checkpoint.state);
}

/**
 * Opens a run that was planned: from its last checkpoint if it has one, else from the start.
 *
 * @throws DataError, UsageError, RuntimeError, CheckpointError, each before the first step.
 */
export async function openRun(
  runDir: string,
  plan: Plan,
  signal?: AbortSignal,
  { validationBatches, isOver }: TrialLimits = {},
): Promise<RunSession> {
  // First of all: what the weights are decides whether there is a run, and what is read for it is small.
  const weights = hasCheckpoint(runDir, "last") ? undefined : await startingWeights(plan, networkOf(plan));
  const dataset = await openDataset(plan.data.path, plan.data.options);
  if (hasCheckpoint(runDir, "last")) requireSameData(plan, dataset);
  const device = await openDevice(plan.device.value);
  const { training, validation, unlabelled } = openLoaders(plan, dataset.splits);
  const accumulate = plan.accumulate.value;
  const updatesPerEpoch = Math.max(1, Math.floor(training.batchesPerEpoch / accumulate));
  const { clock: whole, steps } = clockOf(plan.length.value, updatesPerEpoch);
  const clock = isOver ? endedBy(whole, isOver) : whole;
  const schedule = buildSchedule(plan.schedule.value as never, { learningRate: plan.learningRate.value, steps });
  const trainer = await openTrainer(plan, device, weights?.tensors);
  const close = async (): Promise<void> => {
    await Promise.all([training.close(), validation?.close(), unlabelled?.close(), trainer.stop()]);
  };
  try {
    const start = await restore(runDir, trainer);
    const options: LoopOptions = {
      runDir,
      trainer,
      loader: training,
      ...(unlabelled ? { unlabelled: streamOf(plan, unlabelled) } : {}),
      accumulate,
      schedule,
      clock,
      validateEvery: plan.validateEvery.value,
      ...(validation ? { validate: () => validate(trainer, validation, plan, signal, validationBatches) } : {}),
      ...(plan.patience.value > 0 ? { patience: plan.patience.value } : {}),
      checkpointEvery: plan.checkpointEvery.value,
      recordEvery,
      ...(signal ? { signal } : {}),
    };
    return {
      device,
      nodes: trainer.nodes,
      start,
      weights,
      updatesPerEpoch,
      splits: dataset.splits,
      events: () => trainingLoop(start, options),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
