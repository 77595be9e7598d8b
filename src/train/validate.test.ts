/** @file Validation: the middle of masks for unpadded networks, losses weighted by images, nothing when the signal comes. */
import { describe, expect, it } from "vitest";
import type { Batch, Loader } from "../data/loader/index.js";
import { int32 } from "../runtime/tensor.js";
import type { Plan } from "./plan.js";
import type { EvaluationResult, Trainer, TrainingBatch } from "./trainer.js";
import { validate } from "./validate.js";

const plan = { data: { classes: [{}, {}], ignoreIndex: 255 }, ema: { value: 0 } } as unknown as Plan;

/** A batch of images whose masks are 4x6: class 1 in the middle 2x4, class 0 around it. */
function batchOf(size: number): Batch {
  const mask = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
  const masks = Int32Array.from({ length: size * mask.length }, (_, i) => mask[i % mask.length]!);
  return { size, height: 4, width: 6, masks, images: new Float32Array(size * 3 * mask.length) } as unknown as Batch;
}

const loaderOf = (...batches: Batch[]): Loader =>
  ({
    async *batches() {
      yield* batches;
    },
  }) as unknown as Loader;

/** A trainer that predicts as told, batch after batch. */
function trainerOf(...results: EvaluationResult[]): Trainer {
  return {
    evaluate: async ({ masks }: TrainingBatch) => {
      // As handing over does to the caller's buffers.
      structuredClone(masks, { transfer: [masks.buffer as ArrayBuffer] });
      return results.shift()!;
    },
  } as unknown as Trainer;
}

const ones = (shape: readonly number[]) => int32(new Int32Array(shape.reduce((a, b) => a * b)).fill(1), shape);

describe("validate", () => {
  it("compares a prediction that is smaller than the masks with their middle", async () => {
    const trainer = trainerOf({ prediction: ones([2, 2, 4]), loss: 0.5 });
    // Class 1 is right everywhere; class 0 is neither in the middle nor predicted, and left out.
    expect(await validate(trainer, loaderOf(batchOf(2)), plan)).toMatchObject({
      score: 1,
      scores: { PA: 1, loss: 0.5 },
    });
  });

  it("compares a prediction of the masks' size with all of them", async () => {
    const trainer = trainerOf({ prediction: ones([1, 4, 6]), loss: 0 });
    // 8 of 24 pixels are class 1: IoU 8/24 there, 0 for class 0.
    const result = await validate(trainer, loaderOf(batchOf(1)), plan);
    expect([result!.score, result!.scores.PA!]).toBeAllclose([(0 + 1 / 3) / 2, 1 / 3]);
  });

  it("averages the loss over images, not over batches", async () => {
    const trainer = trainerOf({ prediction: ones([3, 4, 6]), loss: 1 }, { prediction: ones([1, 4, 6]), loss: 5 });
    const result = await validate(trainer, loaderOf(batchOf(3), batchOf(1)), plan);
    expect(result!.scores.loss).toBe((3 * 1 + 1 * 5) / 4);
  });

  it("records no loss where it is no number", async () => {
    const trainer = trainerOf({ prediction: ones([1, 4, 6]), loss: Number.NaN });
    expect((await validate(trainer, loaderOf(batchOf(1)), plan))!.scores.loss).toBeNull();
  });

  it("gives nothing once the signal was raised", async () => {
    expect(await validate(trainerOf(), loaderOf(batchOf(1)), plan, AbortSignal.abort())).toBeUndefined();
  });
});
