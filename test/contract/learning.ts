/** @file How a network of the registry learns four images by heart, by the parts that every training run is made of. */
import { buildLoss } from "../../src/losses/index.js";
import { chooseNetwork } from "../../src/models/registry.js";
import { buildOptimizer } from "../../src/optim/index.js";
import { openDevice } from "../../src/runtime/devices.js";
import type { NetworkSpec } from "../../src/train/step.js";
import { Trainer, type TrainingBatch } from "../../src/train/trainer.js";
import type { NamedTensor, NamedTensors } from "../../src/weights/tensor.js";
import { small } from "../small-networks.js";
import { fourImages, ignoreIndex, numClasses } from "./four-images.js";
import type { Lesson } from "./lessons.js";
import { isStatistic, legalSides } from "./network.js";

export interface Learnt {
  readonly network: NetworkSpec;
  readonly batch: TrainingBatch;
  readonly height: number;
  readonly width: number;
  /** Loss before each step. */
  readonly losses: readonly number[];
  /** Loss in eval mode afterwards, and share of labelled pixels whose class is right. */
  readonly loss: number;
  readonly accuracy: number;
  /** Share of the commonest class. */
  readonly commonest: number;
  /** Parameters and running statistics that are as they were at the start. */
  readonly unmoved: readonly string[];
  /** Parameters and buffers afterwards. */
  readonly weights: NamedTensors;
}

/** A batch in buffers of its own: trainers take those that they are given. */
const copyOf = ({ images, masks }: TrainingBatch): TrainingBatch => ({ images: images.slice(), masks: masks.slice() });

/** Counts over the pixels that a prediction [N, h, w] answers for, the middle of masks [N, H, W]. */
function scores(
  masks: Int32Array,
  [height, width]: readonly [number, number],
  prediction: Uint8Array,
  shape: readonly number[],
) {
  const [batch, h, w] = shape as [number, number, number];
  const [y0, x0] = [(height - h) >> 1, (width - w) >> 1];
  const pixels = new Array<number>(numClasses).fill(0);
  let right = 0;
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const label = masks[(n * height + y0 + y) * width + x0 + x]!;
        if (label === ignoreIndex) continue;
        pixels[label]!++;
        if (prediction[(n * h + y) * w + x] === label) right++;
      }
  const all = pixels.reduce((a, b) => a + b);
  return { accuracy: right / all, commonest: Math.max(...pixels) / all };
}

/** Parameters and buffers as they are in the trainer. */
async function weightsOf(trainer: Trainer): Promise<NamedTensors> {
  const state = await trainer.state();
  return new Map(trainer.networkTensors.map(({ name }) => [name, state.get(name)!]));
}

/** Names of the tensors of which no number has changed; buffers that are no statistics are fixed kernels. */
function unmovedOf(trainer: Trainer, before: NamedTensors, after: NamedTensors): string[] {
  const equal = (a: NamedTensor, b: NamedTensor): boolean => a.data.every((value, i) => value === b.data[i]);
  return trainer.networkTensors
    .filter(({ name, kind }) => kind === "parameter" || isStatistic(name))
    .map(({ name }) => name)
    .filter((name) => equal(before.get(name)!, after.get(name)!));
}

/** Trains a network on four images and nothing else. */
export async function learn(name: string, lesson: Lesson): Promise<Learnt> {
  const choice = chooseNetwork(name, { ...small[name], ...lesson.set });
  const sides = [lesson.height, lesson.width];
  const [tall, wide] = legalSides(choice, sides, sides);
  const [height, width] = [tall!.input, wide!.input];
  const batch = await fourImages({ height: tall!.output, width: wide!.output }, { height, width });
  const network: NetworkSpec = { ...choice, numClasses, channels: 3 };
  const trainer = await Trainer.create({
    step: {
      network,
      batch: 4,
      height,
      width,
      loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
      update: { optimizer: buildOptimizer({ name: "adam" } as never) },
    },
    accumulate: 1,
    device: await openDevice("cpu"),
    threads: 1,
    seed: 1,
  });
  try {
    const start = await weightsOf(trainer);
    const losses: number[] = [];
    const { steps, learningRate } = lesson;
    for (let step = 0; step < steps; step++) {
      const rate = learningRate * Math.min(1, (step + 1) / 5) * (1 - step / steps);
      losses.push((await trainer.step([copyOf(batch)], step, rate)).loss);
    }
    const { prediction, loss } = await trainer.evaluate(copyOf(batch), [4, height, width], false);
    const weights = await weightsOf(trainer);
    return {
      network,
      batch,
      height,
      width,
      losses,
      loss,
      ...scores(batch.masks, [height, width], prediction.data as Uint8Array, prediction.shape),
      unmoved: unmovedOf(trainer, start, weights),
      weights,
    };
  } finally {
    await trainer.stop();
  }
}
