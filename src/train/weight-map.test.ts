/** @file The weight map of a loss on its way into a training step. */
import { afterAll, describe, expect, it } from "vitest";
import { buildLoss, type LossOptions, weightMapOf } from "../losses/index.js";
import { chooseNetwork } from "../models/registry.js";
import { buildOptimizer } from "../optim/index.js";
import { openDevice } from "../runtime/devices.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import { Trainer } from "./trainer.js";

const [batch, height, width] = [2, 32, 48];
const pixels = batch * height * width;
const trainers: Trainer[] = [];
afterAll(() => Promise.all(trainers.map((trainer) => trainer.stop())));

/** The loss of the first step; `map` fills the weight map. */
async function firstLoss(options: LossOptions, map?: (pixel: number) => number): Promise<number> {
  const trainer = await Trainer.create({
    step: {
      network: { ...chooseNetwork("unet", { width: 4, depth: 2 }), numClasses: 2, channels: 1 },
      batch,
      height,
      width,
      loss: buildLoss(options, "multiclass"),
      weightMap: weightMapOf([options]) !== undefined,
      update: { optimizer: buildOptimizer({ name: "sgd" }), groups: [], clipping: {} },
    },
    accumulate: 1,
    device: await openDevice("cpu"),
    threads: 1,
    seed: 3,
  });
  trainers.push(trainer);
  const random = new Random(1, "image");
  const more: { readonly [name: string]: Tensor } = map
    ? {
        "pixel weights": float32(
          Float32Array.from({ length: pixels }, (_, i) => map(i)),
          [batch, height, width],
        ),
      }
    : {};
  const { loss } = await trainer.step(
    [
      {
        images: Float32Array.from({ length: pixels }, () => random.normal()),
        masks: Int32Array.from({ length: pixels }, (_, i) => Number(i % width < 20)),
        more,
      },
    ],
    0,
    0.01,
  );
  return loss;
}

describe("a step with a weight map", () => {
  it("weighs pixels by it: zeros and equal weights change nothing, unequal ones do", async () => {
    const plain = await firstLoss({ name: "crossEntropy" });
    const boundary = { name: "boundaryCrossEntropy" } as const;
    expect(await firstLoss(boundary, () => 0)).toBeCloseTo(plain, 6);
    expect(await firstLoss(boundary, () => 4)).toBeCloseTo(plain, 6);
    const [left, right] = [
      await firstLoss(boundary, (i) => (i % width < 20 ? 1e6 : 0)),
      await firstLoss(boundary, (i) => (i % width < 20 ? 0 : 1e6)),
    ];
    // The mean of both parts, 20 and 28 columns of 48.
    expect((20 * left! + 28 * right!) / 48).toBeCloseTo(plain, 4);
    expect(Math.abs(left - right)).toBeGreaterThan(1e-3);
  });

  it("does not ask for one where the loss takes none", async () => {
    expect(await firstLoss({ name: "crossEntropy" }, () => 7)).toBe(await firstLoss({ name: "crossEntropy" }));
  });
});
