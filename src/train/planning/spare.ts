/** @file Steps of fewer images than fit: on the way to far larger ones, and where larger ones take more time for each image. */
import type { PlanRequest } from "../request.js";
import { type BatchAnswer, fewestImages } from "./batch.js";
import type { Cost, Costs } from "./costs.js";
import { areaOf, type Size } from "./size.js";

/** Images at once, and batches of an update. */
export type Step = Pick<BatchAnswer, "batch" | "accumulate">;

/** The images of an update shared out evenly over batches of at most `most`. */
function sharedOut({ batch, accumulate }: Step, most: number): Step {
  const images = batch * accumulate;
  const parts = Math.ceil(images / Math.max(1, most));
  return { batch: Math.ceil(images / parts), accumulate: parts };
}

/** Whether the images of an update may be shared out. */
const isFree = ({ batch, accumulate }: PlanRequest): boolean => batch === undefined && accumulate === undefined;

/** Factor by which a trial may exceed all before it: a line through small steps says little of far larger ones. */
const furthest = 4;

/** A step, or where it is far larger than all that were tried, the same update in batches that are not. */
export function withinReach(request: PlanRequest, { found }: Costs, step: Step, size: Size): Step {
  const largest = Math.max(...found.map(({ pixels }) => pixels));
  const most = Math.max(fewestImages, Math.floor((furthest * largest) / areaOf(size)));
  return isFree(request) && step.batch > most ? sharedOut(step, most) : step;
}

/** Factor of the time for an image that larger batches may take: below it trials vary. */
const worthwhile = 1.25;

export const timeOfImage = ({ milliseconds, batch }: Cost): number => milliseconds / batch;

export interface Spared {
  readonly step: Step;
  /** The images at once that were found to be slow, and how many times as long each of them takes. */
  readonly slower: { readonly batch: number; readonly times: number };
}

/** The same update in batches that were found to take clearly less time for each image; undefined where there are none. */
export function spared(request: PlanRequest, { found }: Costs, step: Step, cost: Cost): Spared | undefined {
  if (!isFree(request)) return undefined;
  const smaller = found.filter(
    ({ size, batch, bytes }) =>
      bytes !== undefined && areaOf(size) === areaOf(cost.size) && batch >= fewestImages && batch < cost.batch,
  );
  const least = Math.min(...smaller.map(timeOfImage));
  if (!(timeOfImage(cost) > worthwhile * least)) return undefined;
  const quick = smaller.filter((one) => timeOfImage(one) <= worthwhile * least).map((one) => one.batch);
  const slower = { batch: cost.batch, times: timeOfImage(cost) / least };
  return { step: sharedOut(step, Math.max(...quick)), slower };
}
