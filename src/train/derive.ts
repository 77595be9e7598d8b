/** @file Deriving a plan: what the user gave stands, the rest follows from the data, and every choice says why. */
import { availableParallelism } from "node:os";
import type { Dataset } from "../data/dataset.js";
import type { Survey } from "../data/doctor/survey.js";
import {
  type ClassCounts,
  channelStatistics,
  classWeights,
  countClasses,
  type WeightRule,
  weightRules,
} from "../data/statistics.js";
import { evalTransforms, trainTransforms } from "../data/transforms/index.js";
import { UsageError } from "../errors/index.js";
import { lossesFor } from "../losses/index.js";
import { chooseNetwork } from "../models/registry.js";
import { type Choice, checkpointSteps, type Plan } from "./plan.js";

/** What a user may give; everything else is derived. */
export interface PlanRequest {
  readonly model?: string;
  readonly encoder?: string;
  /** Options of the network, e.g. `{ width: 16 }`. */
  readonly set?: { readonly [key: string]: unknown };
  readonly size?: readonly [number, number];
  readonly inputRule?: "resize" | "tiles";
  readonly batch?: number;
  readonly accumulate?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly optimizer?: string;
  readonly lr?: number;
  readonly schedule?: string;
  readonly loss?: string;
  readonly weightsOfClasses?: string | readonly number[];
  readonly ema?: number;
  readonly patience?: number;
  readonly checkpointEvery?: number;
  readonly scale?: readonly [number, number];
  readonly flip?: "horizontal" | "both" | "none";
  readonly color?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly workers?: number;
  readonly device?: string;
  /** How the data set was opened, for opening it again. */
  readonly dataOptions?: { readonly [key: string]: unknown };
}

/** Pixels of a batch that keep two cores busy without making updates rare. */
const pixelsOfBatch = 180_000;
/** Images larger than this in either direction are cropped instead of being brought to one size. */
const largestWhole = 768;
/** Side of the crops of larger images. */
const cropSide = 256;

const pick = <T>(given: T | undefined, derived: T, reason: string): Choice<T> =>
  given === undefined ? { value: derived, reason } : { value: given, reason: "given" };

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The nearest multiple of 16 that is not smaller than 32: friendly to the strides of most networks. */
const friendly = (n: number): number => Math.max(32, Math.round(n / 16) * 16);

function chooseSize(survey: Survey, given: readonly [number, number] | undefined): Choice<[number, number]> {
  if (given) return { value: [given[0], given[1]], reason: "given" };
  const images = survey.records.flatMap(({ image }) => (image ? [image] : []));
  const [height, width] = [middle(images.map((image) => image.height)), middle(images.map((image) => image.width))];
  if (Math.max(height, width) > largestWhole)
    return {
      value: [Math.min(cropSide, friendly(height)), Math.min(cropSide, friendly(width))],
      reason: `crops of images of about ${height}x${width}`,
    };
  return { value: [friendly(height), friendly(width)], reason: `the middle size of the images is ${height}x${width}` };
}

function chooseRule(
  survey: Survey,
  [height, width]: readonly [number, number],
  given: "resize" | "tiles" | undefined,
): Choice<"resize" | "tiles"> {
  const images = survey.records.flatMap(({ image }) => (image ? [image] : []));
  const ratio = Math.max(...images.map((image) => Math.max(image.height / height, image.width / width)));
  return ratio <= 3
    ? pick(given, "resize", "images are at most three times as large as the network's input")
    : pick(given, "tiles", `images are up to ${ratio.toFixed(1)} times as large as the network's input`);
}

/** Class weights of a rule, or none: `1/ln(1.02+p)` where the rarest class is much rarer than the commonest. */
function chooseWeights(
  counts: ClassCounts,
  given: string | readonly number[] | undefined,
): Choice<readonly number[] | null> {
  if (given !== undefined && typeof given !== "string") return { value: given, reason: "given" };
  const present = counts.pixels.filter((n) => n > 0);
  const imbalance = Math.max(...present) / Math.min(...present);
  const rule = given ?? (imbalance > 20 ? "enet" : "none");
  if (rule === "none")
    return {
      value: null,
      reason: given ? "given" : `the commonest class has ${imbalance.toFixed(1)} times the pixels of the rarest`,
    };
  if (!(weightRules as readonly string[]).includes(rule))
    throw new UsageError({
      expected: `class weights by none, ${weightRules.join(", ")}, or one number a class`,
      found: rule,
    });
  const weights = classWeights(counts, rule as WeightRule);
  const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
  return {
    value: weights.map((w) => Number((w / mean).toPrecision(4))),
    reason: given
      ? `given: ${rule}`
      : `${rule} weights, as the commonest class has ${imbalance.toFixed(0)} times the pixels of the rarest`,
  };
}

function chooseLoss(request: PlanRequest, counts: ClassCounts): Choice<{ [key: string]: unknown }[]> {
  const name = request.loss ?? "crossEntropy";
  const names = name.split("+");
  const weights = chooseWeights(counts, request.weightsOfClasses);
  const weighted = names.includes("crossEntropy") && weights.value !== null;
  if (request.weightsOfClasses !== undefined && request.weightsOfClasses !== "none" && !names.includes("crossEntropy"))
    throw new UsageError({
      expected: "a loss with crossEntropy for class weights",
      found: `loss ${name}`,
      next: `Losses of this task are ${lossesFor("multiclass").join(", ")}; join several with +.`,
    });
  const value = names.map((one) => ({
    name: one,
    ...(one === "crossEntropy" && weighted ? { classWeights: [...weights.value!] } : {}),
  }));
  return {
    value,
    reason: `${request.loss ? "given" : "the usual loss of one class a pixel"}; class weights: ${weights.reason}`,
  };
}

function chooseLength({ epochs, steps, minutes }: PlanRequest): Plan["length"] {
  if (minutes !== undefined) return { value: { unit: "minutes", count: minutes }, reason: "given" };
  if (steps !== undefined) return { value: { unit: "steps", count: steps }, reason: "given" };
  return pick(
    epochs === undefined ? undefined : { unit: "epochs" as const, count: epochs },
    { unit: "epochs", count: 60 },
    "enough for a few hundred images",
  );
}

/**
 * The plan of a run.
 *
 * @throws UsageError for impossible or unknown options, DataError when there is nothing to train on.
 */
export function derivePlan(dataset: Dataset, survey: Survey, request: PlanRequest): Plan {
  const train = survey.records.filter((record) => record.split === "train");
  const statistics = channelStatistics(train.flatMap(({ image }) => (image?.moments ? [image.moments] : [])));
  const counts = countClasses(
    train.flatMap(({ mask }) => (mask ? [mask.classPixels] : [])),
    dataset.classes.numClasses,
  );
  const given = { ...request.set, ...(request.encoder === undefined ? {} : { encoder: request.encoder }) };
  const network = chooseNetwork(request.model ?? "unet", given);
  const size = chooseSize(survey, request.size);
  const rule = chooseRule(survey, size.value, request.inputRule);
  const images = dataset.splits.train?.length ?? 0;
  const fit = Math.min(16, Math.max(2, Math.round(pixelsOfBatch / (size.value[0] * size.value[1]))));
  const batch = pick(request.batch, Math.max(1, Math.min(fit, images)), `about ${pixelsOfBatch} pixels a batch`);
  const accumulate = pick(request.accumulate, 1, "the batch fits at once");
  const updates = Math.max(1, Math.floor(images / batch.value / accumulate.value));
  const mean = statistics?.mean.map((m) => Number(m.toFixed(4))) ?? [0];
  const std = statistics?.std.map((s) => Number(Math.max(s, 1e-6).toFixed(4))) ?? [1];
  const frame = { size: { height: size.value[0], width: size.value[1] }, mean, std, resize: rule.value === "resize" };
  const augment = {
    ...frame,
    ...(request.scale ? { scale: request.scale } : {}),
    ...(request.flip ? { flip: request.flip } : {}),
    ...(request.color === undefined ? {} : { color: request.color }),
  };
  const length = chooseLength(request);
  const optimizer = request.optimizer ?? "adamW";
  const adaptive = optimizer !== "sgd";
  return {
    version: 1,
    data: {
      path: dataset.path,
      name: dataset.name,
      options: { ...request.dataOptions },
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
      reason: request.set || request.encoder ? "given and defaults" : "defaults",
    },
    size,
    inputRule: rule,
    normalise: { value: { mean, std }, reason: `mean and deviation of ${train.length} training images` },
    trainTransforms: {
      value: trainTransforms(augment).map((transform) => ({ ...transform })),
      reason:
        request.scale || request.flip || request.color !== undefined
          ? "given and defaults"
          : "modest scale, flip, crop and colour changes",
    },
    evalTransforms: {
      value: evalTransforms(frame).map((transform) => ({ ...transform })),
      reason: "the same preparation without chance",
    },
    batch,
    accumulate,
    length,
    optimizer: {
      value: { name: optimizer, ...(adaptive ? { weightDecay: 1e-4 } : { momentum: 0.9, weightDecay: 1e-4 }) },
      reason: request.optimizer ? "given" : "converges fast without tuning",
    },
    learningRate: pick(
      request.lr,
      adaptive ? 2e-3 : 2e-2,
      "the usual rate of this optimizer for networks with BatchNorm",
    ),
    schedule: {
      value: { name: request.schedule ?? "poly", warmup: { steps: warmupSteps(length.value, updates) } },
      reason: request.schedule ? "given, behind a short warm-up" : "falls to zero over the run, behind a short warm-up",
    },
    loss: chooseLoss(request, counts),
    clipping: { value: {}, reason: "BatchNorm keeps gradients in bounds" },
    parameterGroups: { value: [{ dimensions: 1, weightDecay: 0 }], reason: "no weight decay on biases and norms" },
    ema: pick(request.ema, 0, "not asked for"),
    patience: pick(request.patience, 0, "not asked for"),
    validateEvery: {
      value: validationSteps(length.value, updates),
      reason:
        length.value.unit === "epochs" && length.value.count <= 100
          ? "after every epoch"
          : "about a hundred times in a long run",
    },
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

/** Steps of warm-up: 3 % of the run, on the schedule's own clock. */
function warmupSteps({ unit, count }: Plan["length"]["value"], updates: number): number {
  const steps = unit === "steps" ? count : unit === "epochs" ? count * updates : 10_000;
  return Math.max(1, Math.round(0.03 * steps));
}

function validationSteps({ unit, count }: Plan["length"]["value"], updates: number): number {
  if (unit === "minutes") return updates * 2;
  const steps = unit === "steps" ? count : count * updates;
  return Math.max(1, Math.min(updates * Math.max(1, Math.ceil(steps / updates / 100)), Math.ceil(steps)));
}
