/** @file The single choices of a plan: what the user gave stands, the rest follows from the data, each with its reason. */
import type { Survey } from "../data/doctor/survey.js";
import { channelStatistics } from "../data/statistics.js";
import { UsageError } from "../errors/index.js";
import type { NetworkChoice } from "../models/registry.js";
import type { LocalWeights, PretrainedWeights } from "../weights/index.js";
import { type Choice, type Plan, randomStart, unmixed } from "./plan.js";
import type { PlanRequest } from "./request.js";

/** Pixels of a batch that keep two cores busy without making updates rare. */
export const pixelsOfBatch = 180_000;
/** Images larger than this in either direction are cropped instead of being brought to one size. */
export const largestWhole = 768;
/** Side of the crops of larger images. */
const cropSide = 256;

export const pick = <T>(given: T | undefined, derived: T, reason: string): Choice<T> =>
  given === undefined ? { value: derived, reason } : { value: given, reason: "given" };

/** What images of a batch take from each other. */
export const chooseMix = (given: PlanRequest["mix"]): Plan["mix"] => ({
  value: given === undefined || given === "none" ? null : { kind: given, into: "all" },
  reason: given === undefined ? unmixed : "given",
});

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** The nearest multiple of 16 that is not smaller than 32: friendly to the strides of most networks. */
export const friendly = (n: number): number => Math.max(32, Math.round(n / 16) * 16);

/** Middle height and middle width of the images. */
export function middleSize({ records }: Survey): [height: number, width: number] {
  const images = records.flatMap(({ image }) => (image ? [image] : []));
  return [middle(images.map((image) => image.height)), middle(images.map((image) => image.width))];
}

/** The size that is given, or that the sizes of the images suggest. */
export function chooseSize(survey: Survey, given: readonly [number, number] | undefined): Choice<[number, number]> {
  if (given) return { value: [given[0], given[1]], reason: "given" };
  const [height, width] = middleSize(survey);
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

type InputSide = { readonly input: number; readonly output: number };

/** Size of the network's input while training, and how images come to it. */
export function chooseInput(
  survey: Survey,
  request: PlanRequest,
  { architecture, options }: NetworkChoice,
): { size: Plan["size"]; rule: Plan["inputRule"] } {
  const size = chooseSize(survey, request.size);
  if (!architecture.inputFor) return { size, rule: chooseRule(survey, size.value, request.inputRule) };
  if (request.inputRule === "resize")
    throw new UsageError({
      expected: "tiles, as its convolutions are unpadded and its output is smaller than its input",
      found: `inputRule resize for ${architecture.name}`,
    });
  const [height, width] = size.value.map((side) => architecture.inputFor!(side, options)) as [InputSide, InputSide];
  return {
    size: {
      value: [height.input, width.input],
      reason: `an output of ${height.output}x${width.output} needs as much, as the convolutions are unpadded`,
    },
    rule: { value: "tiles", reason: "the network sees a margin around what it answers for" },
  };
}

/** Images whose values reach no higher than this are bytes, or as bright as bytes. */
const brightest = 255;

/**
 * Mean and deviation that images are normalised with: those that the starting weights were trained with where they are
 * known and meant for such images, else the data set's own.
 */
export function chooseNormalise(survey: Survey, channels: number, entry?: PretrainedWeights): Plan["normalise"] {
  const moments = survey.records.flatMap(({ split, image }) =>
    split === "train" && image?.moments ? [image.moments] : [],
  );
  const statistics = channelStatistics(moments);
  const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(4)));
  const most = Math.max(...moments.flatMap((one) => one.channels.map(({ max }) => max)));
  if (entry && channels === entry.mean.length && most <= brightest) {
    const white = most > 1 ? brightest : 1;
    const scaled = (values: readonly number[]): number[] => rounded(values.map((value) => value * white));
    return {
      value: { mean: scaled(entry.mean), std: scaled(entry.std) },
      reason: `as the images that the weights were trained on (${entry.origin})`,
    };
  }
  return {
    value: {
      mean: rounded(statistics?.mean ?? [0]),
      std: rounded((statistics?.std ?? [1]).map((s) => Math.max(s, 1e-6))),
    },
    reason: `mean and deviation of ${survey.records.filter(({ split }) => split === "train").length} training images`,
  };
}

/** What the run starts from. */
export function chooseWeights(local: LocalWeights | undefined, partial = false): Plan["weights"] {
  if (!local) return { value: null, reason: randomStart };
  const { source, sha256, entry } = local;
  return {
    value: { source, sha256, partial },
    reason: entry ? `given: ${entry.origin}, licence ${entry.licence}` : "given",
  };
}

export function chooseLength({ epochs, steps, minutes, horizon }: PlanRequest): Plan["length"] {
  const given = (
    [
      ["minutes", minutes],
      ["steps", steps],
      ["epochs", epochs],
    ] as const
  ).find(([, count]) => count !== undefined);
  const [unit, count] = given ?? ["epochs" as const, 60];
  if (horizon !== undefined && horizon < count!)
    throw new UsageError({
      expected: `a horizon of at least the run's ${count} ${unit}`,
      found: String(horizon),
      next: "Leave it out for a schedule as long as the run.",
    });
  return {
    value: { unit, count: count!, ...(horizon === undefined ? {} : { of: horizon }) },
    reason: given ? "given" : "enough for a few hundred images",
  };
}

/** Steps of warm-up: 3 % of what the schedule is laid out for, on its own clock. */
export function warmupSteps({ unit, count, of = count }: Plan["length"]["value"], updates: number): number {
  const steps = unit === "steps" ? of : unit === "epochs" ? of * updates : 10_000;
  return Math.max(1, Math.round(0.03 * steps));
}

export function validationSteps({ unit, count }: Plan["length"]["value"], updates: number): number {
  if (unit === "minutes") return Math.max(50, updates * 2);
  const steps = unit === "steps" ? count : count * updates;
  return Math.max(1, Math.min(updates * Math.max(1, Math.ceil(steps / updates / 100)), Math.ceil(steps)));
}
