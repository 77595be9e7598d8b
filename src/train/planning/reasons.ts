/** @file Reasons in words for what was measured. */
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { fewestImages, updatesOfRun } from "./batch.js";
import { type MemoryLimit, memoryText } from "./memory.js";
import type { SettledSteps } from "./settle.js";

function sizeReason(
  { size }: Plan,
  { minutes, batch }: PlanRequest,
  settled: SettledSteps,
  limit: MemoryLimit,
): string {
  const { larger, crops, chosen } = settled;
  const kind = crops ? `crops of ${size.value.join("x")} at full resolution` : size.reason;
  if (!larger) return crops ? `${kind}, the largest that are considered` : kind;
  const name = larger.size.join("x");
  if (larger.refused === "time")
    return `${kind}: with ${name} there would be fewer than ${updatesOfRun} updates in ${minutes} minutes`;
  const images = batch ?? Math.min(fewestImages, chosen.batch!);
  return `${kind}: ${images} of ${name} ${would(larger.bytes, limit)}`;
}

/** What is known of a step that was refused; trials near to it may have shown that the line through them all is too low. */
const would = (bytes: number, limit: MemoryLimit): string =>
  bytes > limit.bytes ? `would need ${memoryText(bytes)} of ${limit.text}` : `would not fit into ${limit.text}`;

const need = (count: number): string => (count === 1 ? "needs" : "need");

function batchReason({ batch, cost, tooLargeBytes }: SettledSteps, limit: MemoryLimit): string {
  const needs = `${cost.batch} ${need(cost.batch)} ${cost.bytes === undefined ? "more than there is" : memoryText(cost.bytes)}`;
  if (batch.tooLarge === undefined) return `${batch.reason}; ${needs} of ${limit.text}`;
  const next = `${batch.tooLarge} ${would(tooLargeBytes!, limit)}`;
  return batch.tooLarge === batch.batch + 1
    ? `the largest batch that fits: ${needs}, ${next}`
    : `an even share of an update: ${needs}, ${next}`;
}

/** The choices of a plan that trials settled, with what was found. */
export function stepReasons(
  plan: Plan,
  request: PlanRequest,
  settled: SettledSteps,
  limit: MemoryLimit,
): Pick<Plan, "size" | "batch" | "accumulate" | "inputRule"> {
  const { batch, cost, crops } = settled;
  const over = cost.bytes !== undefined && cost.bytes > limit.bytes ? `, more than ${limit.text}` : "";
  const measured = cost.bytes === undefined ? "does not fit into memory" : `needs ${memoryText(cost.bytes)}${over}`;
  const images = batch.batch * batch.accumulate;
  return {
    size: request.size ? plan.size : { ...plan.size, reason: sizeReason(plan, request, settled, limit) },
    inputRule:
      request.inputRule || request.size || !crops
        ? plan.inputRule
        : { ...plan.inputRule, reason: "crops keep the resolution of the images" },
    batch: { ...plan.batch, reason: request.batch === undefined ? batchReason(settled, limit) : `given; ${measured}` },
    accumulate: {
      ...plan.accumulate,
      reason:
        request.accumulate !== undefined
          ? "given"
          : batch.accumulate > 1
            ? `${images} images an update: ${batch.reason}`
            : "the batch fits at once",
    },
  };
}

const amount = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** The reason of a plan's length with what it comes to at so many milliseconds an update. */
export function lengthReason({ length, batch, accumulate }: Plan, images: number, milliseconds: number): string {
  const { unit, count } = length.value;
  const updates = Math.max(1, Math.floor(Math.floor(images / batch.value) / accumulate.value));
  const pace = `at ${amount(milliseconds)} ms a step`;
  if (unit === "minutes")
    return `${length.reason}; about ${amount((count * 60_000) / milliseconds / updates)} epochs of ${updates} steps ${pace}`;
  const steps = unit === "steps" ? count : count * updates;
  return `${length.reason}; about ${amount((steps * milliseconds) / 60_000)} minutes ${pace}`;
}
