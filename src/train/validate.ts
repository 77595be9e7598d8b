/** @file Validation during a run: the validation images predicted by the weights as they are, scored from one confusion matrix. */
import type { Batch, Loader } from "../data/loader/index.js";
import { ConfusionMatrix, frequencyWeightedIou, meanIou, meanPixelAccuracy, pixelAccuracy } from "../metrics/index.js";
import type { ValidationResult } from "./loop.js";
import type { Plan } from "./plan.js";
import type { Trainer } from "./trainer.js";

const whole = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);

/** The middle of each mask, for networks whose output is smaller than their input; the masks themselves for all others. */
function middleOf({ masks, size, height, width }: Batch, shape: readonly number[]): Int32Array {
  const [h, w] = [shape[1]!, shape[2]!];
  if (h === height && w === width) return masks;
  const [top, left] = [Math.floor((height - h) / 2), Math.floor((width - w) / 2)];
  const out = new Int32Array(size * h * w);
  for (let n = 0; n < size; n++)
    for (let y = 0; y < h; y++) {
      const from = (n * height + top + y) * width + left;
      out.set(masks.subarray(from, from + w), (n * h + y) * w);
    }
  return out;
}

/**
 * Predicts the validation images by the weights, or by their average where the plan keeps one, and scores them.
 *
 * @param batches most batches to look at; default all
 * @returns undefined when the signal came before all images were seen
 * @throws DataError for a broken file.
 */
export async function validate(
  trainer: Trainer,
  loader: Loader,
  plan: Plan,
  signal?: AbortSignal,
  batches = Number.POSITIVE_INFINITY,
): Promise<ValidationResult | undefined> {
  const matrix = new ConfusionMatrix(plan.data.classes.length, { ignoreIndex: plan.data.ignoreIndex });
  let [lossSum, images, seen] = [0, 0, 0];
  for await (const batch of loader.batches()) {
    if (signal?.aborted) return undefined;
    if (seen++ >= batches) break;
    const { size, height, width } = batch;
    // The trainer is handed the buffers, and the masks are needed afterwards.
    const handed = { images: batch.images, masks: batch.masks.slice() };
    const { prediction, loss } = await trainer.evaluate(handed, [size, height, width], plan.ema.value > 0);
    matrix.add(middleOf(batch, prediction.shape), prediction.data as Uint8Array);
    // Each batch is a mean over its pixels: weighted by images, the mean hardly depends on how images fell into batches.
    lossSum += loss * size;
    images += size;
  }
  const iou = whole(meanIou(matrix));
  return {
    score: iou,
    scores: {
      loss: Number.isFinite(lossSum) ? lossSum / Math.max(1, images) : null,
      mIoU: iou,
      PA: whole(pixelAccuracy(matrix)),
      MPA: whole(meanPixelAccuracy(matrix)),
      FWIoU: whole(frequencyWeightedIou(matrix)),
    },
  };
}
