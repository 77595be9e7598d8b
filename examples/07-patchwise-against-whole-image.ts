/** @file 07: the same small network trained on patches, as before fully convolutional networks, and on whole images at once. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { train } from "segkit";
import { folder, shapesFolder } from "./shapes.js";

const data = await shapesFolder();
const size = [64, 64] as const;
const samples = 32;
const network = { patch: 33, width: 16, fcChannels: 32, samples };
const settings = { model: "patch-cnn", size, batch: 2, steps: 120, lr: 0.01, threads: 1, seed: 1, doctor: false };

/** Milliseconds of a training step, and the best mIoU on whole validation images. */
async function learn(training: "patches" | "whole-image"): Promise<{ milliseconds: number; best: number }> {
  const run = join(folder, training);
  rmSync(run, { recursive: true, force: true });
  let [total, best] = [0, 0];
  for await (const event of train({ data, run, ...settings, set: { ...network, training } })) {
    if (event.kind === "step") total += event.milliseconds;
    if (event.kind === "validation") best = Math.max(best, event.score);
  }
  return { milliseconds: total / settings.steps, best };
}

// The layers of a patch are computed for its middle pixel alone, though its neighbour's patch needs nearly the same. On whole
// images they are computed once, by dilated filters, and every pixel is learned from.
const pixels = { patches: samples, "whole-image": size[0] * size[1] };
let last = 0;
for (const training of ["patches", "whole-image"] as const) {
  const { milliseconds, best } = await learn(training);
  const each = `${pixels[training]} pixels of each image in a step of ${milliseconds.toFixed(0)} ms`;
  console.log(`${training}: ${each}, best mIoU ${best.toFixed(3)}`);
  last = best;
}
console.log(`best mIoU on whole images: ${last.toFixed(4)}`);
