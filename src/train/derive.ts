/** @file Deriving a plan from a data set and what the user asked for. */
import { availableParallelism } from "node:os";
import type { Dataset } from "../data/dataset.js";
import type { Survey } from "../data/doctor/survey.js";
import { countClasses } from "../data/statistics.js";
import { evalTransforms, trainTransforms } from "../data/transforms/index.js";
import { UsageError } from "../errors/index.js";
import type { GivenOptions } from "../models/options.js";
import { chooseNetwork, type NetworkChoice } from "../models/registry.js";
import type { LocalWeights } from "../weights/index.js";
import {
  chooseInput,
  chooseLength,
  chooseMix,
  chooseNormalise,
  chooseWeights,
  pick,
  pixelsOfBatch,
  validationSteps,
  warmupSteps,
} from "./choices.js";
import { chooseLoss } from "./choose-loss.js";
import { chooseMethodPlan, choosePseudoTransforms } from "./choose-method.js";
import { chooseRareCrops, chooseSampling } from "./choose-sampling.js";
import { checkpointSteps, frozenReason, type Plan } from "./plan.js";
import type { PlanRequest } from "./request.js";

/** What a plan depends on beside the data set and the request. */
export interface DeriveContext {
  /** How the data set was opened, for opening it again. */
  readonly dataOptions?: Plan["data"]["options"];
  /** Whether it will be trained on a CPU. Default true. */
  readonly onCpu?: boolean;
  /** The weights that the request names, as a file on this machine. */
  readonly weights?: LocalWeights | undefined;
}

/** The network that a request asks for, with what was given for it and what is lighter because it is trained on a CPU. */
export function requestedNetwork(
  { model: name = "unet", set, encoder }: PlanRequest,
  onCpu = true,
): { network: NetworkChoice; given: GivenOptions; lighter: GivenOptions } {
  const given = { ...set, ...(encoder === undefined ? {} : { encoder }) };
  const lighter = onCpu ? (chooseNetwork(name, given).architecture.onCpu ?? {}) : {};
  return { network: chooseNetwork(name, { ...lighter, ...given }), given, lighter };
}

/**
 * The plan of a run.
 *
 * @throws UsageError for impossible or unknown options, DataError when there is nothing to train on.
 */
export function derivePlan(
  dataset: Dataset,
  survey: Survey,
  request: PlanRequest,
  { dataOptions = {}, onCpu = true, weights }: DeriveContext = {},
): Plan {
  const train = survey.records.filter((record) => record.split === "train");
  const counts = countClasses(
    train.flatMap(({ mask }) => (mask ? [mask.classPixels] : [])),
    dataset.classes.numClasses,
  );
  const { network, given, lighter } = requestedNetwork(request, onCpu);
  const { size, rule } = chooseInput(survey, request, network);
  const images = dataset.splits.train?.length ?? 0;
  const fit = Math.min(16, Math.max(2, Math.round(pixelsOfBatch / (size.value[0] * size.value[1]))));
  const batch = pick(request.batch, Math.max(1, Math.min(fit, images)), `about ${pixelsOfBatch} pixels a batch`);
  const accumulate = pick(request.accumulate, 1, "the batch fits at once");
  const updates = Math.max(1, Math.floor(images / batch.value / accumulate.value));
  const normalise = chooseNormalise(survey, dataset.channels, weights?.entry);
  const frame = {
    size: { height: size.value[0], width: size.value[1] },
    ...normalise.value,
    resize: rule.value === "resize",
  };
  const rare = chooseRareCrops(request, counts);
  const augment = {
    ...frame,
    ...(request.scale ? { scale: request.scale } : {}),
    ...(request.flip ? { flip: request.flip } : {}),
    ...(request.color === undefined ? {} : { color: request.color }),
  };
  const length = chooseLength(request);
  const method = chooseMethodPlan(request, {
    unlabelled: dataset.splits.unlabelled?.length ?? 0,
    batch: batch.value,
    transforms: trainTransforms(augment),
    normalise: normalise.value,
  });
  if (method.ema !== undefined && request.ema === 0)
    throw new UsageError({
      expected: `a moving average above 0, which is the teacher of ${request.method}`,
      found: "ema 0",
      next: `Leave it out for ${method.ema}.`,
    });
  const optimizer = request.optimizer ?? "adamW";
  const adaptive = optimizer !== "sgd";
  return {
    version: 1,
    data: {
      path: dataset.path,
      name: dataset.name,
      options: dataOptions,
      classes: dataset.classes.names.map((name, i) => ({
        name,
        colour: [...dataset.classes.colours[i]!] as [number, number, number],
      })),
      ignoreIndex: dataset.classes.ignoreIndex,
      channels: dataset.channels,
      ...(dataset.bands ? { bands: [...dataset.bands] } : {}),
      images: Object.fromEntries(Object.entries(dataset.splits).map(([split, samples]) => [split, samples.length])),
    },
    model: { value: network.architecture.name, reason: request.model ? "given" : "trains well on few images" },
    modelOptions: {
      value: { ...network.options },
      reason: [
        request.set || request.encoder ? "given and defaults" : "defaults",
        ...Object.keys(lighter)
          .filter((option) => !(option in given))
          .map((option) => `${option} for training on a CPU`),
      ].join("; "),
    },
    size,
    inputRule: rule,
    normalise,
    trainTransforms: {
      value: trainTransforms({ ...augment, ...(rare ? { rare } : {}) }).map((transform) => ({ ...transform })),
      reason: [
        request.scale || request.flip || request.color !== undefined
          ? "given and defaults"
          : "modest scale, flip, crop and colour changes",
        ...(rare ? [`${Math.round(100 * rare.p)} % of the crops hold one of the rarer classes`] : []),
      ].join("; "),
    },
    pseudoTransforms: choosePseudoTransforms(dataset.splits.train ?? [], trainTransforms(augment), normalise.value),
    mix: chooseMix(request.mix),
    evalTransforms: {
      value: evalTransforms(frame).map((transform) => ({ ...transform })),
      reason: "the same preparation without chance",
    },
    batch,
    accumulate,
    length,
    optimizer: {
      value: {
        name: optimizer,
        weightDecay: 1e-4,
        ...(adaptive ? {} : { momentum: 0.9 }),
        ...request.optimizerOptions,
      },
      reason: request.optimizer || request.optimizerOptions ? "given and defaults" : "converges fast without tuning",
    },
    learningRate: pick(
      request.lr,
      adaptive ? 2e-3 : 2e-2,
      "the usual rate of this optimizer for networks with BatchNorm",
    ),
    schedule: {
      value: {
        name: request.schedule ?? "poly",
        warmup: { steps: warmupSteps(length.value, updates) },
        ...request.scheduleOptions,
      },
      reason:
        request.schedule || request.scheduleOptions
          ? "given and defaults"
          : "falls to zero over the run, behind a short warm-up",
    },
    loss: chooseLoss(request, { ...counts, of: { looked: train.length, images } }, dataset.classes.ignoreIndex),
    sampling: chooseSampling(request, survey),
    clipping: pick(request.clipping, {}, "BatchNorm keeps gradients in bounds"),
    weights: chooseWeights(weights, request.partialWeights),
    freeze: pick(request.freeze, "none", "not asked for"),
    frozenNorm: pick(request.frozenNorm, "frozen", frozenReason),
    parameterGroups: { value: [{ dimensions: 1, weightDecay: 0 }], reason: "no weight decay on biases and norms" },
    method: method.plan,
    ema: pick(request.ema, method.ema ?? 0, method.ema === undefined ? "not asked for" : "the method's teacher"),
    patience: pick(request.patience, 0, "not asked for"),
    validateEvery: pick(
      request.validateEvery,
      validationSteps(length.value, updates),
      length.value.unit === "epochs" && length.value.count <= 100
        ? "after every epoch"
        : "about a hundred times in a long run",
    ),
    checkpointEvery: pick(request.checkpointEvery, checkpointSteps, "the default"),
    seed: pick(request.seed, 1, "the default"),
    device: pick(request.device, "auto", "the default"),
    threads: pick(request.threads, Math.max(1, availableParallelism()), "all cores of this machine"),
    workers: pick(
      request.workers,
      Math.min(4, Math.max(1, Math.floor(availableParallelism() / 4))),
      "one for every four cores",
    ),
  };
}
