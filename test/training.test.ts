/** @file What training must do on networks that take seconds: learn, average, accumulate, stop early, repeat bit for bit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../src/data/dataset.js";
import { createLoader } from "../src/data/loader/index.js";
import { normalize } from "../src/data/transforms/index.js";
import { buildLoss } from "../src/losses/index.js";
import { ConfusionMatrix, meanIou } from "../src/metrics/index.js";
import { chooseNetwork } from "../src/models/registry.js";
import { buildOptimizer } from "../src/optim/index.js";
import { openDevice } from "../src/runtime/devices.js";
import { readPlan } from "../src/train/plan.js";
import type { NetworkSpec } from "../src/train/step.js";
import { Trainer, type TrainingBatch } from "../src/train/trainer.js";
import { type TrainEvent, type TrainOptions, train } from "../src/verbs/train.js";
import { resultOf } from "./run-folder.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet, trainingSize } from "./training-set.js";

let set: SmallSet;
beforeAll(async () => {
  set = await trainingSet(12, 3);
});
afterAll(() => set.remove());

/** A U-Net of a few hundred weights on the generated images. */
const small = { model: "unet", set: { width: 2, depth: 2 }, batch: 2, threads: 1, workers: 1, doctor: false };
const cpu = { ...small, device: "cpu" } as const;

/** Trains to the end and gives the events of a kind. */
async function eventsOf<Kind extends TrainEvent["kind"]>(options: TrainOptions, kind: Kind) {
  const events: Extract<TrainEvent, { kind: Kind }>[] = [];
  for await (const event of train(options))
    if (event.kind === kind) events.push(event as Extract<TrainEvent, { kind: Kind }>);
  return events;
}

/** Images [4, 3, H, W] and masks [4, H, W] of the training split, as one batch. */
async function fourImages(): Promise<TrainingBatch> {
  const { splits } = await openDataset(set.path);
  const loader = createLoader({
    samples: splits.train!.slice(0, 4),
    transforms: [normalize({ mean: [90], std: [60] })],
    batchSize: 4,
    workers: 0,
  });
  for await (const { images, masks } of loader.batches()) return { images, masks };
  throw new Error("no batch");
}

/** Images `from` up to `to` of a batch, in buffers of their own. */
const part = ({ images, masks }: TrainingBatch, from: number, to: number): TrainingBatch => {
  const pixels = trainingSize[0] * trainingSize[1];
  return { images: images.slice(from * 3 * pixels, to * 3 * pixels), masks: masks.slice(from * pixels, to * pixels) };
};

async function openTrainer(
  name: string,
  options: { readonly [key: string]: unknown },
  more: { batch: number; accumulate?: number; ema?: number; optimizer?: string },
): Promise<Trainer> {
  const network: NetworkSpec = { ...chooseNetwork(name, options), numClasses: 3, channels: 3 };
  return Trainer.create({
    step: {
      network,
      batch: more.batch,
      height: trainingSize[0],
      width: trainingSize[1],
      loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
      update: { optimizer: buildOptimizer({ name: more.optimizer ?? "sgd" } as never) },
      ...(more.ema === undefined ? {} : { ema: more.ema }),
    },
    accumulate: more.accumulate ?? 1,
    device: await openDevice("cpu"),
    threads: 1,
    seed: 1,
  });
}

describe("training", () => {
  it("lets a tiny U-Net learn four images by heart: the loss falls, mean IoU exceeds 0.9", async () => {
    // Without a bias in the head, a class where so few features are all zero would stay a tie of all classes.
    const options = { width: 4, depth: 3, headBias: true };
    const trainer = await openTrainer("unet", options, { batch: 4, optimizer: "adam" });
    const four = await fourImages();
    const losses: number[] = [];
    for (let step = 0; step < 150; step++) losses.push((await trainer.step([part(four, 0, 4)], step, 0.03)).loss);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
    const fifths = Array.from({ length: 5 }, (_, i) => mean(losses.slice(30 * i, 30 * (i + 1))));
    expect(fifths).toEqual([...fifths].sort((a, b) => b - a));
    const { prediction, loss } = await trainer.evaluate(part(four, 0, 4), [4, ...trainingSize], false);
    await trainer.stop();
    expect(loss).toBeLessThan(0.2 * losses[0]!);
    const matrix = new ConfusionMatrix(3).add(four.masks, prediction.data as Uint8Array);
    expect(meanIou(matrix)).toBeGreaterThan(0.9);
  });

  it("makes the same update from two batches of two as from one of four, in a network without BatchNorm", async () => {
    const options = { width: 2, depth: 2, batchNorm: false, dropout: 0 };
    const whole = await openTrainer("unet-paper", options, { batch: 4 });
    const halves = await openTrainer("unet-paper", options, { batch: 2, accumulate: 2 });
    const four = await fourImages();
    const start = await whole.state();
    for (let step = 0; step < 3; step++) {
      const { loss } = await whole.step([part(four, 0, 4)], step, 0.1);
      const { loss: mean } = await halves.step([part(four, 0, 2), part(four, 2, 4)], step, 0.1);
      expect([mean]).toBeAllclose([loss], { rtol: 1e-5 });
    }
    const [expected, actual] = [await whole.state(), await halves.state()];
    await Promise.all([whole.stop(), halves.stop()]);
    for (const [name, { data }] of expected)
      expect(actual.get(name)!.data as Float32Array).toBeAllclose(data as Float32Array, { rtol: 1e-4, atol: 1e-6 });
    expect(start.get("final.weight")!.data).not.toEqual(expected.get("final.weight")!.data);
  });

  it("keeps averages a += (w - a) * (1 - min(decay, (t + 1) / (t + 10))) of weights and buffers", async () => {
    const decay = 0.25;
    const trainer = await openTrainer("unet", { width: 2, depth: 2 }, { batch: 4, ema: decay });
    const four = await fourImages();
    const start = await trainer.state();
    const averages = new Map(
      trainer.networkTensors.map(({ name }) => [name, Array.from(start.get(name)!.data as Float32Array)]),
    );
    for (let step = 0; step < 5; step++) {
      await trainer.step([part(four, 0, 4)], step, 0.1);
      const state = await trainer.state();
      // Steps count from 1: shares 9/11, 9/12 (= 1 - decay), and 1 - decay from then on.
      const share = 1 - Math.min(decay, (step + 2) / (step + 11));
      for (const [name, average] of averages) {
        const now = state.get(name)!.data as Float32Array;
        averages.set(
          name,
          average.map((a, i) => a + (now[i]! - a) * share),
        );
        expect(state.get(`ema.${name}`)!.data as Float32Array).toBeAllclose(averages.get(name)!, { rtol: 1e-4 });
      }
    }
    await trainer.stop();
    expect([...averages.keys()].some((name) => name.endsWith("running_mean"))).toBe(true);
  });

  it("ends after `patience` validations without improvement", async () => {
    // Without BatchNorm and with a rate of nearly zero all scores are alike; 12 images in batches of 2 are 6 steps to a validation.
    const network = { model: "unet-paper", set: { width: 2, depth: 2, dropout: 0 } };
    const options = { ...cpu, ...network, data: set.path, run: set.at("runs", "patience"), steps: 600, patience: 2 };
    const events = await eventsOf({ ...options, lr: 1e-12 }, "end");
    expect(events).toMatchObject([{ reason: "no improvement", step: 18 }]);
  });

  it("ends by the clock, and goes on with the time that is left", async () => {
    const minutes = 0.1;
    const run = set.at("runs", "minutes");
    const controller = new AbortController();
    let stopped: TrainEvent | undefined;
    for await (const event of train({ ...cpu, data: set.path, run, minutes, signal: controller.signal })) {
      stopped = event;
      if (event.kind === "step") controller.abort();
    }
    expect(stopped).toMatchObject({ kind: "end", reason: "stopped", step: 1 });
    const rest: TrainEvent[] = [];
    for await (const event of train({ resume: run })) rest.push(event);
    const steps = rest.filter((event) => event.kind === "step");
    expect(steps[0]).toMatchObject({ step: 2 });
    expect(steps.map(({ fraction }) => fraction)).toEqual(steps.map(({ fraction }) => fraction).sort((a, b) => a - b));
    // The poly schedule falls to zero with the time, whatever the number of steps.
    expect(steps.at(-1)!.learningRate).toBeLessThan(0.1 * Math.max(...steps.map(({ learningRate }) => learningRate)));
    const { step } = steps.at(-1)!;
    expect(rest.slice(-3)).toMatchObject([
      { kind: "validation", step },
      { kind: "checkpoint", step },
      { kind: "end", reason: "time is up", step },
    ]);
    expect((rest.at(-1) as { seconds: number }).seconds).toBeGreaterThanOrEqual(60 * minutes);
  });

  it("makes the validation that a stop prevented when it goes on", async () => {
    const options = { ...cpu, data: set.path, steps: 12 };
    const straight = set.at("runs", "straight");
    await eventsOf({ ...options, run: straight }, "end");
    const run = set.at("runs", "stopped");
    const controller = new AbortController();
    const before: TrainEvent[] = [];
    for await (const event of train({ ...options, run, signal: controller.signal })) {
      before.push(event);
      // After step 6 a validation is due, and after step 12, the last.
      if (event.kind === "step" && event.step === 6) controller.abort();
    }
    expect(before.filter((event) => event.kind === "validation")).toEqual([]);
    const last = new AbortController();
    for await (const event of train({ resume: run, signal: last.signal }))
      if (event.kind === "step" && event.step === 12) last.abort();
    const after = await eventsOf({ resume: run }, "validation");
    expect(after).toMatchObject([{ step: 12 }]);
    expect(resultOf(run)).toEqual(resultOf(straight));
  });

  it("gives the same bytes of weights twice, with any number of workers, and records its threads", async () => {
    const options = { ...cpu, data: set.path, steps: 10, ema: 0.9 };
    const [first, second] = [set.at("runs", "first"), set.at("runs", "second")];
    await eventsOf({ ...options, run: first }, "end");
    await eventsOf({ ...options, run: second, workers: 2 }, "end");
    const files = (run: string) => {
      const { files } = JSON.parse(readFileSync(join(run, "checkpoints/last/state.json"), "utf8")) as {
        files: { [group: string]: { name: string } };
      };
      return Object.values(files).map(({ name }) => readFileSync(join(run, "checkpoints/last", name)));
    };
    expect(files(first)).toHaveLength(3);
    expect(files(second)).toEqual(files(first));
    expect(readPlan(first).threads).toEqual({ value: 1, reason: "given" });
  });

  it("gives other weights with another seed", async () => {
    const options = { ...cpu, data: set.path, steps: 2 };
    const [first, second] = [set.at("runs", "seed-1"), set.at("runs", "seed-2")];
    await eventsOf({ ...options, run: first, seed: 1 }, "end");
    await eventsOf({ ...options, run: second, seed: 2 }, "end");
    expect(resultOf(second).last.weights).not.toEqual(resultOf(first).last.weights);
  });
});
