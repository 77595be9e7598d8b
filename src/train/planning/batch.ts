/**
 * @file The choice of the batch: how many images make an update, and how many of them go through the network at once.
 *
 * Memory bounds the second number only. The first is bounded by what makes training work: enough updates in an epoch and in
 * the time that there is.
 */
import { at, type Line } from "./fit.js";

/** Images of an update that more of hardly makes better. */
const mostImages = 16;
/** Updates that an epoch should have. */
const updatesOfEpoch = 10;
/** Updates that a run should have. */
export const updatesOfRun = 500;
/** Images that BatchNorm needs, to have statistics to speak of. */
export const fewestImages = 2;

export interface BatchQuestion {
  /** Training images. */
  readonly images: number;
  /** Pixels of an image as the network sees it. */
  readonly pixels: number;
  /** Whether a batch of so many pixels fits into memory. */
  readonly fits: (pixels: number) => boolean;
  /** Milliseconds of a step, by the pixels of its batch. */
  readonly milliseconds: Line;
  /** Length of the run where it is a time. */
  readonly minutes?: number | undefined;
  /** Batches of an update, where they are given. */
  readonly accumulate?: number | undefined;
}

export interface BatchAnswer {
  readonly batch: number;
  readonly accumulate: number;
  /** What bounds the images of an update, in words. */
  readonly reason: string;
  /** The smallest batch that does not fit into memory, where memory is what bounds the batch. */
  readonly tooLarge?: number;
}

/** The largest batch of at most `most` images that fits; 0 where none does. */
export function largestBatch({ pixels, fits }: Pick<BatchQuestion, "pixels" | "fits">, most: number): number {
  let batch = most;
  while (batch > 0 && !fits(batch * pixels)) batch--;
  return batch;
}

/** Images of an update that leave enough updates to the run. */
function imagesInTime({ milliseconds, pixels, minutes }: BatchQuestion): number {
  if (minutes === undefined) return Number.POSITIVE_INFINITY;
  const each = (minutes * 60_000) / updatesOfRun;
  let count = fewestImages;
  while (count < mostImages && at(milliseconds, (count + 1) * pixels) <= each) count++;
  return count;
}

/** Images that make an update, and why not more. */
function imagesOfUpdate(question: BatchQuestion): { wanted: number; reason: string } {
  const { images, minutes } = question;
  const byImages = Math.max(fewestImages, Math.floor(images / updatesOfEpoch));
  const byTime = imagesInTime(question);
  const wanted = Math.max(1, Math.min(mostImages, byImages, byTime, images));
  if (wanted === images && images < byImages) return { wanted, reason: "all images there are" };
  if (wanted === byTime && byTime < Math.min(mostImages, byImages))
    return { wanted, reason: `as many as leave about ${updatesOfRun} updates in ${minutes} minutes` };
  if (wanted === byImages && byImages < mostImages)
    return { wanted, reason: `as many as leave ${updatesOfEpoch} updates in an epoch of ${images} images` };
  return { wanted, reason: `more than ${mostImages} images an update gain little` };
}

/**
 * The batch and the batches of an update. Where the images of an update do not fit at once they are shared out evenly.
 *
 * A batch of 0 says that not even one image fits.
 */
export function chooseBatch(question: BatchQuestion): BatchAnswer {
  const { wanted, reason } = imagesOfUpdate(question);
  const { accumulate: given } = question;
  const most = largestBatch(question, wanted);
  if (most < 1) return { batch: 0, accumulate: given ?? 1, reason, tooLarge: 1 };
  const accumulate = given ?? Math.ceil(wanted / most);
  const shared = Math.ceil(wanted / accumulate);
  const bounded = most < wanted ? { tooLarge: most + 1 } : {};
  return { batch: Math.min(shared, most), accumulate, reason, ...bounded };
}
