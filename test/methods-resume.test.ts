/** @file Every method for unlabelled images as a whole run: stopped and resumed it ends as the run that never stopped, bit for bit. */
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { methods } from "../src/semi/methods/registry.js";
import { readPlan } from "../src/train/plan.js";
import { type TrainEvent, type TrainOptions, train } from "../src/verbs/train.js";
import { metricsOf, resultOf } from "./run-folder.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

const steps = 24;

let set: SmallSet;
beforeAll(async () => {
  set = await trainingSet(16, 3);
});
afterAll(() => set.remove());

const tiny: Partial<TrainOptions> = {
  model: "unet",
  set: { width: 2, depth: 2 },
  size: [32, 48],
  batch: 2,
  unlabelledBatch: 3,
  accumulate: 2,
  checkpointEvery: 1000,
  threads: 1,
  workers: 1,
  device: "cpu",
  doctor: false,
};

/** What each method needs to be quick and to have something to lose. */
const options: { readonly [method: string]: Partial<TrainOptions> } = {
  unimatch: {
    model: "unet-encoder",
    set: { encoder: "resnet18", depth: 3, decoderChannels: [8, 8, 4] },
    methodOptions: { threshold: 0.4, labeller: "teacher" },
  },
  fixmatch: { methodOptions: { threshold: 0.4, mix: "classmix" } },
  adversarial: { methodOptions: { width: 2 } },
  "adversarial-labelled": { methodOptions: { width: 2 } },
};

/** Runs to the end, or to the signal that comes behind a step. */
async function run(given: TrainOptions, stopAt?: number): Promise<TrainEvent[]> {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train({ ...given, signal: controller.signal })) {
    events.push(event);
    if (event.kind === "step" && event.step === stopAt) controller.abort();
  }
  return events;
}

describe.each(methods.map(({ name }) => name))("%s", (name) => {
  it("ends the same when it is stopped twice and resumed, and notes what became of pseudo-labels", async () => {
    const [whole, parts] = [set.at("runs", name, "whole"), set.at("runs", name, "parts")];
    const given = (runDir: string): TrainOptions => ({
      ...tiny,
      ...options[name],
      data: set.path,
      labels: { keep: 1, of: 2, seed: 4 },
      method: name,
      steps,
      run: runDir,
    });
    await run(given(whole));
    await run(given(parts), 5);
    await run({ resume: parts }, 17);
    const events = await run({ resume: parts });
    expect(resultOf(parts)).toEqual(resultOf(whole));

    expect(events.at(-1)).toMatchObject({ kind: "end", reason: "finished", step: steps });
    const plan = readPlan(parts);
    expect(plan.method.value).toMatchObject({ name, batch: 3 });
    expect(plan.data.images).toMatchObject({ train: 8, unlabelled: 8 });
    const records = metricsOf(parts).filter(({ split }) => split === "train");
    expect(records).toHaveLength(1);
    for (const record of records)
      if (name === "adversarial-labelled") expect(record).not.toHaveProperty("pseudoShare");
      else {
        // The true masks of the images whose labels were taken away are known, so the labels' accuracy is.
        expect(record.pseudoShare).toBeGreaterThan(0);
        expect(record.pseudoAccuracy).toBeGreaterThan(0);
        expect(record.pseudoClassConfidence).toHaveLength(3);
      }
  });
});

it("a run does not go on with other unlabelled images than it began with", async () => {
  const [runDir, folder] = [set.at("runs", "changed"), set.at("more")];
  mkdirSync(folder);
  // The first 16 are in the set.
  const larger = await trainingSet(19, 0);
  for (const [i, name] of ["b.png", "c.png", "d.png"].entries())
    copyFileSync(larger.at(`train/images/${16 + i}.png`), join(folder, name));
  larger.remove();
  const labels = { keep: 1, of: 2, seed: 4 };
  await run({ ...tiny, data: set.path, labels, unlabelled: folder, method: "fixmatch", steps: 6, run: runDir }, 3);
  const [before, after] = [join(folder, "d.png"), join(folder, "a.png")];
  renameSync(before, after);
  await expect(run({ resume: runDir })).rejects.toThrow("other ones in unlabelled");
  renameSync(after, before);
  expect((await run({ resume: runDir })).at(-1)).toMatchObject({ kind: "end", reason: "finished", step: 6 });
});

it("a method without unlabelled images, or one that does not fit the network, is refused before anything is written", async () => {
  const given = { ...tiny, data: set.path, run: set.at("runs", "refused"), steps: 2 };
  await expect(run({ ...given, method: "fixmatch" })).rejects.toThrow("unlabelled images for fixmatch");
  await expect(run({ ...given, method: "fixmach", unlabelled: set.at("val", "images") })).rejects.toThrow(/val/);
  const labels = { keep: 1, of: 2, seed: 4 };
  await expect(run({ ...given, labels, method: "fixmach" })).rejects.toThrow("Did you mean fixmatch?");
  await expect(run({ ...given, labels, method: "unimatch" })).rejects.toThrow(
    "encoder cannot be told from its decoder",
  );
  await expect(run({ ...given, labels, method: "cps", methodOptions: { wait: 1 } })).rejects.toThrow("weight");
  // Its teacher would stay as it began.
  await expect(run({ ...given, labels, method: "mean-teacher", ema: 0 })).rejects.toThrow("a moving average above 0");
});
