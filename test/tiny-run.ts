/** @file A small data set and run folders for it, made without training: seeded weights stand in for trained ones. */
import { openDataset } from "../src/data/dataset.js";
import { surveyDataset } from "../src/data/doctor/index.js";
import { saveCheckpoint } from "../src/train/checkpoint.js";
import { derivePlan } from "../src/train/derive.js";
import { type Plan, writePlan } from "../src/train/plan.js";
import { startOfRun } from "../src/train/progress.js";
import type { PlanRequest } from "../src/train/request.js";
import { networkOf } from "../src/train/run.js";
import type { NamedTensors } from "../src/weights/tensor.js";
import type { SmallSet } from "./small-sets.js";
import { weightsOf } from "./tiny-network.js";

const classes = [
  { index: 0, name: "ground", color: [0, 0, 0] },
  { index: 1, name: "disk", color: [200, 30, 30] },
  { index: 2, name: "bar", color: [30, 30, 200] },
  { index: 255, name: "void", color: [224, 224, 192], void: true },
];

/** Rows of a mask: ground, a square of class 1, a column of class 2, a row of void. */
export const maskRows = (height: number, width: number, seed: number): number[][] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      if (y === height - 1) return 255;
      if (x >= width - 4) return 2;
      return y > seed && y < seed + height / 2 && x > seed && x < seed + width / 2 ? 1 : 0;
    }),
  );

/** Writes `{train,val,test}/{images,masks}` and classes.json: 4, 3 and 3 images of 48x40, the last of each split larger. */
export async function writeSet(set: SmallSet): Promise<void> {
  set.text("classes.json", { num_classes: 3, void_index: 255, classes });
  for (const [split, count] of [
    ["train", 4],
    ["val", 3],
    ["test", 3],
  ] as const)
    for (let i = 0; i < count; i++) {
      const [height, width] = i === count - 1 ? [61, 57] : [48, 40];
      await set.image(`${split}/images/${i}.png`, height, width, i + 1);
      await set.mask(`${split}/masks/${i}.png`, maskRows(height, width, i));
    }
}

/** The plan of a small U-Net for a data set, with whatever is to differ. */
export async function planFor(data: string, request: PlanRequest = {}): Promise<Plan> {
  const dataset = await openDataset(data);
  const set = { width: 4, depth: 2, ...request.set };
  return derivePlan(dataset, await surveyDataset(dataset), {
    model: "unet",
    size: [48, 40],
    threads: 1,
    ...request,
    set,
  });
}

/** Makes a run folder with a best checkpoint of seeded weights; gives the weights. */
export function writeRun(runDir: string, plan: Plan, more: { ema?: NamedTensors } = {}): NamedTensors {
  const weights = weightsOf(networkOf(plan), 3);
  writePlan(runDir, plan);
  saveCheckpoint(runDir, "best", {
    weights,
    ...more,
    state: { ...startOfRun, step: 7, best: { score: 0.25, step: 7 } },
  });
  return weights;
}
