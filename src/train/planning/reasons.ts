/** @file Reasons in words for what was measured. */
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { fewestImages, updatesOfRun } from "./batch.js";
import { type MemoryLimit, memoryText } from "./memory.js";
import { fewestSteps, type RateFinding, type TestLength } from "./rates.js";
import type { SettledSteps } from "./settle.js";
import type { TrialFailure } from "./trial.js";

function sizeReason(
  { size }: Plan,
  { minutes, batch }: PlanRequest,
  settled: SettledSteps,
  limit: MemoryLimit,
): string {
  const { larger, crops, chosen, outOfTime, cost } = settled;
  const kind = crops ? `crops of ${size.value.join("x")} at full resolution` : size.reason;
  if (!larger) return crops ? `${kind}, the largest that are considered` : kind;
  const name = larger.size.join("x");
  if (larger.refused === "time")
    return `${kind}: with ${name} there would be fewer than ${updatesOfRun} updates in ${minutes} minutes`;
  if (outOfTime !== undefined)
    return cost.bytes === undefined ? `${kind}; ${untried(outOfTime)}` : `${kind}, ${largestTried(outOfTime)}`;
  const images = batch ?? Math.min(fewestImages, chosen.batch!);
  return `${kind}: ${images} of ${name} ${would(larger.bytes, limit)}`;
}

/** What is known of a step that was refused; trials near to it may have shown that the line through them all is too low. */
const would = (bytes: number, limit: MemoryLimit): string =>
  bytes > limit.bytes ? `would need ${memoryText(bytes)} of ${limit.text}` : `would not fit into ${limit.text}`;

const untried = (time: string): string => `no step could be tried in the ${time} of planning`;
const largestTried = (time: string): string => `the largest for which there was a trial in the ${time} of planning`;

const need = (count: number): string => (count === 1 ? "needs" : "need");

function batchReason({ batch, cost, tooLargeBytes, outOfTime, slower }: SettledSteps, limit: MemoryLimit): string {
  if (outOfTime !== undefined && cost.bytes === undefined) return untried(outOfTime);
  const needs = `${cost.batch} ${need(cost.batch)} ${cost.bytes === undefined ? "more than there is" : memoryText(cost.bytes)}`;
  if (slower !== undefined)
    return `of ${slower.batch} at once each takes ${amount(slower.times)} times as long; ${needs} of ${limit.text}`;
  if (batch.tooLarge === undefined) return `${batch.reason}; ${needs} of ${limit.text}`;
  if (outOfTime !== undefined) return `${largestTried(outOfTime)}: ${needs} of ${limit.text}`;
  const next = `${batch.tooLarge} ${would(tooLargeBytes!, limit)}`;
  return batch.tooLarge === batch.batch + 1
    ? `the largest batch that fits: ${needs}, ${next}`
    : `an even share of an update: ${needs}, ${next}`;
}

/** What was found of a batch that was given. */
function foundOf({ cost: { bytes, failure }, outOfTime }: SettledSteps, limit: MemoryLimit): string {
  if (bytes !== undefined) return `needs ${memoryText(bytes)}${bytes > limit.bytes ? `, more than ${limit.text}` : ""}`;
  return failure === "time" && outOfTime !== undefined ? untried(outOfTime) : "does not fit into memory";
}

function accumulateReason({ batch, outOfTime }: SettledSteps): string {
  if (batch.accumulate > 1) return `${batch.batch * batch.accumulate} images an update: ${batch.reason}`;
  return outOfTime !== undefined && batch.tooLarge !== undefined ? "as it was tried" : "the batch fits at once";
}

/** The choices of a plan that trials settled, with what was found. */
export function stepReasons(
  plan: Plan,
  request: PlanRequest,
  settled: SettledSteps,
  limit: MemoryLimit,
): Pick<Plan, "size" | "batch" | "accumulate" | "inputRule"> {
  const { size, batch, accumulate, inputRule } = plan;
  return {
    size: request.size ? size : { ...size, reason: sizeReason(plan, request, settled, limit) },
    inputRule:
      request.inputRule || request.size || !settled.crops
        ? inputRule
        : { ...inputRule, reason: "crops keep the resolution of the images" },
    batch: {
      ...batch,
      reason: request.batch === undefined ? batchReason(settled, limit) : `given; ${foundOf(settled, limit)}`,
    },
    accumulate: {
      ...accumulate,
      reason: request.accumulate === undefined ? accumulateReason(settled) : "given",
    },
  };
}

const amount = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** The reason of a plan's length with what it comes to at so many milliseconds an update, where that is known. */
export function lengthReason({ length, batch, accumulate }: Plan, images: number, milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return length.reason;
  const { unit, count } = length.value;
  const updates = Math.max(1, Math.floor(Math.floor(images / batch.value) / accumulate.value));
  const pace = `at ${amount(milliseconds)} ms a step`;
  if (unit === "minutes")
    return `${length.reason}; about ${amount((count * 60_000) / milliseconds / updates)} epochs of ${updates} steps ${pace}`;
  const steps = unit === "steps" ? count : count * updates;
  return `${length.reason}; about ${amount((steps * milliseconds) / 60_000)} minutes ${pace}`;
}

/** How long a range test was to be, and what decided that. */
interface TestFacts {
  readonly length: TestLength;
  /** Milliseconds of a step that it was laid out for. */
  readonly pace: number;
  /** E.g. `100 s`. */
  readonly planning: string;
}

/**
 * The reason of the learning rate: that of the usual one, and why it stays, or what the range test found.
 *
 * @param found undefined where there was no test
 */
export function rateReason(
  usual: string,
  found: RateFinding | TrialFailure | undefined,
  { length: { steps, cut }, pace, planning }: TestFacts,
): string {
  if (found === undefined)
    return Number.isFinite(pace)
      ? `${usual}; no range test: ${fewestSteps} steps of ${amount(pace)} ms do not fit into what is left of the ${planning} of planning`
      : `${usual}; no range test: no step could be tried in the ${planning} of planning`;
  if (found === "memory") return `${usual}; no range test: memory ran out in it`;
  if (found === "time") return `${usual}; no range test: it was not done when the ${planning} of planning were over`;
  const { learningRate, reason } = found.test;
  const short = cut ? `; no more than ${steps} steps in the ${planning} of planning` : "";
  return `${learningRate === null ? `${usual}; ` : ""}${reason}${short}`;
}
