/** @file Settling what a step is made of: trials of small steps, a guess from them, a trial of the guess, until one fits. */
import { UsageError } from "../../errors/index.js";
import type { PlanRequest } from "../request.js";
import type { BatchAnswer } from "./batch.js";
import type { Cost, Costs } from "./costs.js";
import { at } from "./fit.js";
import { costFromTrials, type Guess, guess, guessFromTrials } from "./guess.js";
import { memoryText } from "./memory.js";
import { areaOf, type Size } from "./size.js";
import { type Spared, type Step, spared, timeOfImage, withinReach } from "./spare.js";
import { requestFor, type StepOptions, type StepQuestion, stepOptions } from "./step-options.js";

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
  /** More images at once that would fit, but take longer each. */
  readonly slower?: Spared["slower"];
  /** Milliseconds of an update; NaN where no step could be tried. */
  readonly milliseconds: number;
  /** The time of planning, e.g. `100 s`, where it ended before what memory allows was found. */
  readonly outOfTime?: string;
}

/** Place in the list of sizes of the first trial: small, so that it fits, but not so small that everything else dominates. */
const firstSize = 2;

async function* measure(
  { derive }: StepQuestion,
  costs: Costs,
  request: PlanRequest,
): AsyncGenerator<PlanningEvent, Cost, void> {
  const cost = await costs.measure(derive(request));
  const failure = cost.failure === "time" ? "takes too long to be tried" : "does not fit";
  const need =
    cost.bytes === undefined ? failure : `${memoryText(cost.bytes)}, ${cost.milliseconds.toFixed(0)} ms a batch`;
  const text = `batch ${cost.batch} of ${cost.size.join("x")}: ${need}`;
  yield { kind: "planning", stage: "memory", text, done: costs.found.length };
  return cost;
}

const measureStep = (
  question: StepQuestion,
  options: StepOptions,
  costs: Costs,
  index: number,
  { batch, accumulate }: Step,
): AsyncGenerator<PlanningEvent, Cost, void> =>
  measure(question, costs, { ...requestFor(question, options, index, batch), accumulate });

/** Two trials, from which the cost of all others is guessed. */
async function* firstLook(
  question: StepQuestion,
  options: StepOptions,
  costs: Costs,
): AsyncGenerator<PlanningEvent, void, void> {
  const { request, images } = question;
  const { few, seen } = options;
  const index = Math.min(firstSize, seen.length - 1);
  const tries = [[index, few] as const];
  if (request.batch === undefined && 2 * few <= images) tries.push([index, 2 * few]);
  else if (index > 0) tries.push([index - 1, few]);
  for (const [place, batch] of tries) {
    if (!costs.canTry(batch * areaOf(seen[place]!), 1)) return;
    const cost = yield* measure(question, costs, requestFor(question, options, place, batch));
    if (cost.bytes === undefined) break;
  }
  if (costs.found.some(({ bytes }) => bytes !== undefined) || !costs.canTry(0, 1)) return;
  yield* measure(question, costs, requestFor(question, options, seen.length - 1, request.batch ?? 1));
  if (costs.found.at(-1)!.failure === "memory") refuse(question, costs.found.at(-1)!);
}

function refuse({ limit, request }: StepQuestion, { batch, size, bytes }: Cost): never {
  throw new UsageError({
    expected: `a training step that fits into ${limit.text}`,
    found: `a batch of ${batch} at ${size.join("x")} needs ${bytes === undefined ? "more than there is" : memoryText(bytes)}`,
    next: `Choose a smaller network${request.size ? ", a smaller --size" : ""} or a larger --memory.`,
  });
}

function settled(
  question: StepQuestion,
  options: StepOptions,
  costs: Costs,
  { size: { index, refused }, batch }: Guess,
  cost: Cost,
): SettledSteps {
  const { seen, crops, few } = options;
  const larger = seen[index - 1];
  const bytesOf = (pixels: number): number => at(costs.bytes, pixels);
  const { accumulate } = batch;
  return {
    chosen: { ...requestFor(question, options, index, batch.batch), accumulate },
    batch,
    crops: crops || index > 0,
    cost,
    milliseconds: cost.milliseconds * accumulate,
    ...(larger && refused ? { larger: { size: larger, refused, bytes: bytesOf(few * areaOf(larger)) } } : {}),
    ...(batch.tooLarge === undefined ? {} : { tooLargeBytes: bytesOf(batch.tooLarge * areaOf(seen[index]!)) }),
  };
}

/** The step that was guessed and fits, or where its images take clearly longer than those of a smaller one, more of the smaller. */
async function* spareTime(
  question: StepQuestion,
  options: StepOptions,
  costs: Costs,
  step: Guess,
  cost: Cost,
): AsyncGenerator<PlanningEvent, SettledSteps, void> {
  const found = spared(question.request, costs, step.batch, cost);
  if (found === undefined) return settled(question, options, costs, step, cost);
  const { slower, step: less } = found;
  const { index } = step.size;
  const pixels = less.batch * areaOf(options.seen[index]!);
  const known = costs.of(pixels, less.accumulate);
  if (!known && !costs.canTry(pixels, less.accumulate)) return settled(question, options, costs, step, cost);
  const lessCost = known ?? (yield* measureStep(question, options, costs, index, less));
  if (lessCost.bytes === undefined || timeOfImage(lessCost) >= timeOfImage(cost))
    return settled(question, options, costs, step, cost);
  const batch = { ...less, reason: step.batch.reason };
  return { ...settled(question, options, costs, { ...step, batch }, lessCost), slower };
}

/** One image, and where nothing else is asked for no sums of gradients beside it. */
const leastBatch = ({ accumulate = 1 }: PlanRequest): BatchAnswer => ({
  batch: 1,
  accumulate,
  reason: "no more than one image fits",
});

/**
 * Settles size, batch and accumulation; the step chosen was tried and fits, unless all of it was given or no step could be tried in
 * the time there is.
 *
 * @throws UsageError when not even one image fits; what the run itself would throw.
 */
export async function* settleSteps(
  question: StepQuestion,
  costs: Costs,
): AsyncGenerator<PlanningEvent, SettledSteps, void> {
  const { request, limit } = question;
  const options = stepOptions(question);
  const { seen } = options;
  const isGood = ({ bytes }: Cost): boolean => bytes !== undefined && bytes <= limit.bytes;
  yield { kind: "planning", stage: "memory", text: `trying steps under ${limit.text}`, done: 0 };
  yield* firstLook(question, options, costs);
  for (;;) {
    const best = guess(question, options, costs, (pixels) => costs.fits(pixels, limit.bytes), request.accumulate);
    // The line through larger steps is not to be relied on for the smallest: it is tried before it is refused.
    const isLeast = best.batch.batch === 0;
    const step = isLeast ? { ...best, batch: leastBatch(request) } : best;
    const { index } = step.size;
    const area = areaOf(seen[index]!);
    const near = withinReach(request, costs, step.batch, seen[index]!);
    const known = costs.of(near.batch * area, near.accumulate);
    if (!known && !costs.canTry(near.batch * area, near.accumulate)) {
      const bound = guessFromTrials(question, options, costs);
      const cost = costFromTrials(costs, bound.batch, seen[bound.size.index]!);
      return { ...settled(question, options, costs, bound, cost), outOfTime: costs.budget.text };
    }
    const cost = known ?? (yield* measureStep(question, options, costs, index, near));
    if (cost.failure === "time" || near.batch < step.batch.batch) continue;
    if (isLeast && !isGood(cost)) refuse(question, cost);
    if (isLeast && !known) continue;
    const canShrink = request.batch === undefined || index < seen.length - 1;
    if (canShrink && !isGood(cost)) continue;
    return yield* spareTime(question, options, costs, step, cost);
  }
}
