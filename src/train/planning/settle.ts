/** @file Settling what a step is made of: trials of small steps, a guess from them, a trial of the guess, until one fits. */
import type { Survey } from "../../data/doctor/survey.js";
import { UsageError } from "../../errors/index.js";
import { largestWhole, middleSize, chooseSize as suggestSize } from "../choices.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { type BatchAnswer, chooseBatch, fewestImages, updatesOfRun } from "./batch.js";
import type { Cost, Costs } from "./costs.js";
import { at } from "./fit.js";
import { type MemoryLimit, memoryText } from "./memory.js";
import { candidateSizes, chooseSize, type Size } from "./size.js";

/** What planning reports on the way. */
export interface PlanningEvent {
  readonly kind: "planning";
  readonly stage: "memory" | "learning rate";
  /** E.g. `batch 4 of 176x240: 1.2 GB, 310 ms a step`. */
  readonly text: string;
  readonly done: number;
  /** Unknown where it depends on what is found. */
  readonly total?: number;
}

export interface StepQuestion {
  readonly survey: Survey;
  readonly request: PlanRequest;
  /** Training images. */
  readonly images: number;
  readonly limit: MemoryLimit;
  /** The plan for the request with more settled. */
  readonly derive: (more: PlanRequest) => Plan;
}

/** Size, batch and accumulation as they are to be asked for, and why. */
export interface SettledSteps {
  readonly chosen: PlanRequest;
  readonly batch: BatchAnswer;
  /** The next larger size, why it was not taken, and the bytes that it would need. */
  readonly larger?: { readonly size: Size; readonly refused: "memory" | "time"; readonly bytes: number };
  /** Whether images are cropped to the size instead of being brought to it. */
  readonly crops: boolean;
  /** What the chosen step was found to need. */
  readonly cost: Cost;
  /** Bytes that the smallest batch that memory refuses would need. */
  readonly tooLargeBytes?: number;
  /** Milliseconds of an update. */
  readonly milliseconds: number;
}

/** Place in the list of sizes of the first trial: small, so that it fits, but not so small that everything else dominates. */
const firstSize = 2;

interface Options {
  /** From large to small, as derivePlan is asked for them. */
  readonly sizes: readonly Size[];
  /** The same as the network sees them: unpadded networks turn outputs into larger inputs. */
  readonly seen: readonly Size[];
  /** Whether even the first of the sizes is a crop. */
  readonly crops: boolean;
}

/** What is asked of derivePlan for a size and a batch; what the user gave, or the data suggest, stays as it is. */
function requestFor(
  { request }: StepQuestion,
  { sizes, crops }: Pick<Options, "sizes" | "crops">,
  index: number,
  batch: number,
): PlanRequest {
  if (request.size || (!crops && index === 0)) return { batch };
  const [height, width] = sizes[index]!;
  return { batch, size: [height, width], ...(request.inputRule ? {} : { inputRule: "tiles" as const }) };
}

/** Sizes that may be chosen. */
function optionsOf(question: StepQuestion): Options {
  const { survey, request, derive } = question;
  const suggested = suggestSize(survey, request.size).value;
  const image = middleSize(survey);
  const crops = request.size === undefined && Math.max(...image) > largestWhole;
  const sizes = request.size ? [suggested] : candidateSizes(suggested, crops, image);
  const seen = sizes.map((_, i) => derive(requestFor(question, { sizes, crops }, i, 1)).size.value);
  return { sizes, seen, crops };
}

async function* measure(
  { derive }: StepQuestion,
  costs: Costs,
  request: PlanRequest,
): AsyncGenerator<PlanningEvent, Cost, void> {
  const cost = await costs.measure(derive(request));
  const need =
    cost.bytes === undefined ? "does not fit" : `${memoryText(cost.bytes)}, ${cost.milliseconds.toFixed(0)} ms a batch`;
  const text = `batch ${cost.batch} of ${cost.size.join("x")}: ${need}`;
  yield { kind: "planning", stage: "memory", text, done: costs.found.length };
  return cost;
}

/** Two trials, from which the cost of all others is guessed. */
async function* firstLook(
  question: StepQuestion,
  options: Options,
  costs: Costs,
): AsyncGenerator<PlanningEvent, void, void> {
  const { request, images } = question;
  const index = Math.min(firstSize, options.sizes.length - 1);
  const few = request.batch ?? Math.min(fewestImages, images);
  const tries = [[index, few] as const];
  if (request.batch === undefined && 2 * few <= images) tries.push([index, 2 * few]);
  else if (index > 0) tries.push([index - 1, few]);
  for (const [place, batch] of tries) {
    const cost = yield* measure(question, costs, requestFor(question, options, place, batch));
    if (cost.bytes === undefined) break;
  }
  if (costs.found.some(({ bytes }) => bytes !== undefined)) return;
  yield* measure(question, costs, requestFor(question, options, options.sizes.length - 1, request.batch ?? 1));
  if (costs.found.at(-1)!.bytes === undefined) refuse(question, costs.found.at(-1)!);
}

function refuse({ limit, request }: StepQuestion, { batch, size, bytes }: Cost): never {
  throw new UsageError({
    expected: `a training step that fits into ${limit.text}`,
    found: `a batch of ${batch} at ${size.join("x")} needs ${bytes === undefined ? "more than there is" : memoryText(bytes)}`,
    next: `Choose a smaller network${request.size ? ", a smaller --size" : ""} or a larger --memory.`,
  });
}

/**
 * Settles size, batch and accumulation; the step chosen was tried and fits, unless all of it was given.
 *
 * @throws UsageError when not even one image fits; what the run itself would throw.
 */
export async function* settleSteps(
  question: StepQuestion,
  costs: Costs,
): AsyncGenerator<PlanningEvent, SettledSteps, void> {
  const { request, images, limit } = question;
  const { minutes } = request;
  const options = optionsOf(question);
  yield { kind: "planning", stage: "memory", text: `trying steps under ${limit.text}`, done: 0 };
  yield* firstLook(question, options, costs);
  for (;;) {
    const known = { fits: (pixels: number) => costs.fits(pixels, limit.bytes), milliseconds: costs.milliseconds };
    const few = request.batch ?? Math.min(fewestImages, images);
    const { index, refused } = chooseSize({
      ...known,
      sizes: options.seen,
      batch: few,
      ...(minutes === undefined ? {} : { longest: (minutes * 60_000) / updatesOfRun }),
    });
    const [height, width] = options.seen[index]!;
    const area = height * width;
    const free = chooseBatch({ ...known, images, pixels: area, minutes, accumulate: request.accumulate });
    const batch =
      request.batch === undefined ? free : { ...free, batch: request.batch, accumulate: request.accumulate ?? 1 };
    if (batch.batch === 0) refuse(question, costs.found.at(-1)!);
    const { accumulate } = batch;
    const chosen = { ...requestFor(question, options, index, batch.batch), accumulate };
    const tried = costs.found.find(({ pixels }) => pixels === batch.batch * area && accumulate === 1);
    const cost = tried ?? (yield* measure(question, costs, chosen));
    const canShrink = request.batch === undefined || index < options.sizes.length - 1;
    if (canShrink && !(cost.bytes !== undefined && cost.bytes <= limit.bytes)) continue;
    const larger = options.seen[index - 1];
    const bytesOf = (pixels: number): number => at(costs.bytes, pixels);
    return {
      chosen,
      batch,
      crops: options.crops || index > 0,
      cost,
      milliseconds: cost.milliseconds * accumulate,
      ...(larger && refused ? { larger: { size: larger, refused, bytes: bytesOf(few * larger[0] * larger[1]) } } : {}),
      ...(batch.tooLarge === undefined ? {} : { tooLargeBytes: bytesOf(batch.tooLarge * area) }),
    };
  }
}
