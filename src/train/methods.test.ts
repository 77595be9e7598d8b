/** @file Methods for unlabelled images as training steps: every one learns, keeps its networks apart and repeats bit for bit. */
import { describe, expect, it } from "vitest";
import { buildLoss } from "../losses/index.js";
import { chooseNetwork } from "../models/registry.js";
import { buildOptimizer } from "../optim/index.js";
import { openDevice } from "../runtime/devices.js";
import { float32, int32, type Tensor } from "../runtime/tensor.js";
import { chooseMethod, methods } from "../semi/methods/registry.js";
import { Random } from "../util/random.js";
import { sha256 } from "../weights/bytes.js";
import { Trainer, type TrainingBatch } from "./trainer.js";
import { checkpointGroups, trainerTensors } from "./trainer-state.js";

const [batch, channels, height, width, numClasses, unlabelledBatch] = [2, 3, 32, 48, 3, 3];
const plane = height * width;

/** Images whose left part is bright: class 1; padding of the unlabelled ones on the right. */
function batchOf(number: number): TrainingBatch {
  const random = new Random(7, "batch", number);
  const images = (n: number): Float32Array =>
    Float32Array.from({ length: n * channels * plane }, (_, i) => (i % width < 20 ? 1 : -1) + 0.2 * random.normal());
  const masks = Int32Array.from({ length: batch * plane }, (_, i) =>
    i % plane < width ? 255 : i % width < 20 ? 1 : 0,
  );
  const truth = Int32Array.from({ length: unlabelledBatch * plane }, (_, i) =>
    i % width >= 40 ? 255 : i % plane < plane / 2 ? numClasses : i % width < 20 ? 1 : 0,
  );
  const shape = [unlabelledBatch, channels, height, width];
  const more: { [name: string]: Tensor } = {
    "unlabelled weak": float32(images(unlabelledBatch), shape),
    "unlabelled truth": int32(truth, [unlabelledBatch, height, width]),
  };
  for (const i of [0, 1]) {
    more[`unlabelled strong ${i}`] = float32(images(unlabelledBatch), shape);
    const box = Float32Array.from({ length: unlabelledBatch * plane }, (_, j) =>
      j % width > 10 && j % width < 25 ? 1 : 0,
    );
    more[`boxes ${i}`] = float32(box, [unlabelledBatch, 1, height, width]);
    const priority = Float32Array.from({ length: unlabelledBatch * numClasses }, () => random.between(0.01, 0.99));
    more[`priority ${i}`] = float32(priority, [unlabelledBatch, numClasses]);
  }
  return { images: images(batch), masks, more };
}

interface Given {
  readonly options?: { readonly [name: string]: unknown };
  readonly accumulate?: number;
  readonly model?: string;
  readonly set?: { readonly [name: string]: unknown };
}

async function open(
  name: string,
  { options = {}, accumulate = 1, model = "unet", set = { width: 4, depth: 2 } }: Given = {},
): Promise<Trainer> {
  const choice = chooseMethod(name, options);
  const decay = choice.method.ema?.(choice.options);
  return Trainer.create({
    step: {
      network: {
        ...chooseNetwork(model, set),
        numClasses,
        channels,
      },
      batch,
      height,
      width,
      loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
      update: { optimizer: buildOptimizer({ name: "adamW", weightDecay: 1e-4 }), groups: [], clipping: {} },
      ...(decay === undefined ? {} : { ema: decay }),
      method: { ...choice, unlabelledBatch, learningRate: 2e-3, ignoreIndex: 255, classWeights: null },
    },
    accumulate,
    device: await openDevice("cpu"),
    threads: 1,
    seed: 3,
  });
}

/** All tensors as one hash each: equal bits, equal text. */
const stateOf = async (trainer: Trainer): Promise<{ [name: string]: string }> =>
  Object.fromEntries(
    [...(await trainer.state())].map(([name, { data }]) => [
      name,
      sha256([new Uint8Array((data as Float32Array).slice().buffer)]),
    ]),
  );

/** Only networks over encoders have feature maps to drop channels of; the others are as small as they can be. */
function givenFor(name: string): Given {
  if (name === "unimatch")
    return {
      model: "unet-encoder",
      set: { encoder: "resnet18", depth: 3, decoderChannels: [8, 8, 4] },
      options: { threshold: 0.4 },
    };
  if (name.startsWith("adversarial")) return { options: { width: 4 } };
  return name === "fixmatch" ? { options: { threshold: 0.4 } } : {};
}

describe.each(methods.map(({ name }) => name))("%s", (name) => {
  it("learns, with finite losses, and counts pixels inside the images only", async () => {
    const trainer = await open(name, givenFor(name));
    try {
      const losses: number[] = [];
      for (let i = 0; i < 6; i++) {
        const { loss, pseudo } = await trainer.step([batchOf(i)], i, 2e-3, 0.5);
        losses.push(loss);
        if (!pseudo) continue;
        const sum = (row: readonly number[]): number => row.reduce((total, value) => total + value, 0);
        expect(sum(pseudo.predicted)).toBe(unlabelledBatch * height * 40);
        expect(sum(pseudo.kept)).toBeLessThanOrEqual(sum(pseudo.predicted));
        expect(sum(pseudo.known)).toBeLessThanOrEqual((unlabelledBatch * height * 40) / 2);
        expect(sum(pseudo.right)).toBeLessThanOrEqual(sum(pseudo.known));
      }
      expect(losses.every(Number.isFinite)).toBe(true);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    } finally {
      await trainer.stop();
    }
  });

  it("goes on from its saved tensors as if it had not stopped, and repeats bit for bit", async () => {
    const whole = await open(name, { ...givenFor(name), accumulate: 2 });
    const halves = await open(name, { ...givenFor(name), accumulate: 2 });
    try {
      const at = (i: number) => [batchOf(2 * i), batchOf(2 * i + 1)];
      await whole.step(at(0), 0, 1e-3, 0);
      const groups = checkpointGroups(await whole.state(), whole.kinds());
      const copy = new Map(
        [...trainerTensors({ ...groups, state: {} })].map(([key, { dtype, shape, data }]) => [
          key,
          { dtype, shape, data: (data as Float32Array).slice() },
        ]),
      );
      await halves.restore(copy as never);
      const first = await whole.step(at(1), 1, 1e-3, 0.5);
      const second = await halves.step(at(1), 1, 1e-3, 0.5);
      expect(second.loss).toBe(first.loss);
      expect(await stateOf(halves)).toEqual(await stateOf(whole));
    } finally {
      await Promise.all([whole.stop(), halves.stop()]);
    }
  });
});
