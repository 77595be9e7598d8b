/** @file The plan of a round after the first: the first round's, with more images, another length and other starting weights. */
import { resolve } from "node:path";
import { pseudoTransforms } from "../../train/choose-method.js";
import type { Plan } from "../../train/plan.js";
import type { SemiState } from "../../train/semi-state.js";
import type { RoundSettings } from "./round-method.js";

/** Length of a round, in the unit that a plan has. */
export type RoundLength = Plan["length"]["value"];

/**
 * The length of each round, so that all together are as long as was asked for: steps add up exactly.
 *
 * @param updatesPerEpoch of the first round; only needed for rounds after it, whose epochs would be longer ones
 */
export function roundLength(
  { unit, count }: SemiState["length"],
  shares: readonly number[],
  round: number,
  updatesPerEpoch?: number,
): RoundLength {
  const before = shares.slice(0, round).reduce((sum, share) => sum + share, 0);
  const share = shares[round]!;
  if (unit === "minutes") return { unit, count: count * share };
  if (unit === "epochs" && round === 0) return { unit, count: count * share };
  const perUnit = unit === "epochs" ? updatesPerEpoch! : 1;
  const end = (part: number): number => Math.round(count * perUnit * part);
  return { unit: "steps", count: Math.max(1, end(before + share) - end(before)) };
}

/**
 * Where a round ends when all of them are one training: counted from its beginning, with the length that its schedule is laid out for.
 *
 * @param updatesPerEpoch as in `roundLength`
 */
export function continuedLength(
  whole: SemiState["length"],
  shares: readonly number[],
  round: number,
  updatesPerEpoch?: number,
): RoundLength {
  const upTo = shares.slice(0, round + 1);
  const { unit } = roundLength(whole, shares, round, updatesPerEpoch);
  const of = unit === whole.unit ? whole.count : roundLength(whole, [0, 1], 1, updatesPerEpoch).count;
  const end = round + 1 === shares.length ? of : upTo.reduce((sum, share) => sum + share, 0) * of;
  return { unit, count: unit === "steps" ? Math.max(round + 1, Math.round(end)) : end, of };
}

/** Validations of a round at most. */
const validations = 20;

export interface RoundFacts {
  readonly round: number;
  readonly length: RoundLength;
  /** Where it ends when it goes on with the round before. */
  readonly continued?: RoundLength;
  readonly settings: RoundSettings;
  /** List of the pseudo-labels that it learns from, and how many images are in it. */
  readonly list: string;
  readonly items: number;
  /** Whether the first round's batch is what trials found to fit into memory: then no larger one goes through the network at once. */
  readonly measured?: boolean;
  /** What it starts from, unless that is what the first round started from. */
  readonly start?: { readonly file: string; readonly sha256: string };
}

/** Times that each image comes in an epoch, so that labelled ones have their share of it. */
function weightsOfImages(
  { sampling, data }: Plan,
  { items, settings: { labelledShare } }: RoundFacts,
): Plan["sampling"]["value"]["weights"] {
  const labelled = data.images.train!;
  const own = sampling.value.weights ?? new Array<number>(labelled).fill(1);
  if (items === 0) return sampling.value.weights;
  const total = labelled + items;
  const sum = own.reduce((a, b) => a + b, 0);
  const rounded = (value: number): number => Number(value.toPrecision(5));
  return [
    ...own.map((weight) => rounded((weight / sum) * labelledShare * total)),
    ...new Array<number>(items).fill(rounded(((1 - labelledShare) / items) * total)),
  ];
}

/**
 * A batch of which the labelled share is as large as the batch of the first round. Where that was measured, an update of which the
 * labelled share is as large as the first round's, in batches no larger than measured.
 */
function batchBeside(
  { batch, accumulate }: Plan,
  { settings: { labelledShare }, measured }: RoundFacts,
): Pick<Plan, "batch" | "accumulate"> {
  const labelled = batch.value * (measured ? accumulate.value : 1);
  const images = Math.max(labelled + 1, Math.round(labelled / labelledShare));
  const reason = `${labelled} labelled images as in the first round, on average, and pseudo-labelled ones beside them`;
  if (!measured) return { batch: { value: images, reason }, accumulate };
  const batches = Math.ceil(images / batch.value);
  return {
    batch: {
      value: Math.ceil(images / batches),
      reason: `${reason} in an update of ${batches} batches, as no more than the ${batch.value} of the first round were planned to fit into memory at once`,
    },
    accumulate: { value: batches, reason: `about ${images} images an update, pseudo-labelled ones among them` },
  };
}

/** Steps that the first round's warm-up would have in a run of another length. */
function warmupFor(schedule: Plan["schedule"]["value"], from: RoundLength, to: RoundLength): object {
  const { warmup } = schedule as { warmup?: { steps?: number } };
  if (warmup?.steps === undefined || from.unit !== to.unit || to.unit === "minutes") return schedule;
  return { ...schedule, warmup: { ...warmup, steps: Math.max(1, Math.round((warmup.steps * to.count) / from.count)) } };
}

/** The plan of a round, from that of the first one. */
export function roundPlan(first: Plan, facts: RoundFacts): Plan {
  const { round, length, continued, settings, list, items, start } = facts;
  const { data, trainTransforms, normalise, learningRate, sampling, seed, validateEvery } = first;
  const train = data.images.train! + items;
  const reason = `round ${round} of several`;
  return {
    ...first,
    data: {
      ...data,
      options: { ...data.options, pseudo: resolve(list) },
      images: { ...data.images, train },
    },
    pseudoTransforms:
      items === 0
        ? first.pseudoTransforms
        : {
            value: settings.strong
              ? pseudoTransforms(trainTransforms.value as never, normalise.value).map((one) => ({ ...one }))
              : null,
            reason: settings.strong ? "moved as labelled images, with strong changes of colour" : "as labelled images",
          },
    mix: settings.mix && items > 0 ? { value: settings.mix, reason } : first.mix,
    ...(settings.beside && items > 0 ? batchBeside(first, facts) : {}),
    length: { value: continued ?? length, reason: `${reason} that share the length given` },
    learningRate:
      settings.rateFactor === 1
        ? learningRate
        : { value: learningRate.value * settings.rateFactor, reason: `${reason}: lower from one to the next` },
    schedule: continued
      ? first.schedule
      : {
          ...first.schedule,
          value: warmupFor(first.schedule.value, first.length.value, length) as Plan["schedule"]["value"],
        },
    sampling: {
      value: { ...sampling.value, weights: weightsOfImages(first, facts) },
      reason: `${sampling.reason}; ${Math.round(100 * settings.labelledShare)} % of the images drawn are labelled ones`,
    },
    weights: start
      ? {
          value: { source: resolve(start.file), sha256: start.sha256, partial: false },
          reason: "the best weights of the round before",
        }
      : first.weights,
    seed: { value: seed.value + round, reason: `${reason}: another order of images` },
    // The first one's epochs are short, as it sees few images: with its interval validation would take most of the time.
    validateEvery: {
      value: Math.max(validateEvery.value, length.unit === "minutes" ? 0 : Math.ceil(length.count / validations)),
      reason: `${reason}: up to ${validations} times`,
    },
  };
}
