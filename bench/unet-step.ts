/** @file One training step of the plain U-Net through the trainer, 12 classes, SGD with momentum 0.9. Arguments: THREADS BATCH SIZE WIDTH. */
import { buildLoss } from "../src/losses/index.js";
import { chooseNetwork } from "../src/models/registry.js";
import { buildOptimizer } from "../src/optim/index.js";
import { openDevice } from "../src/runtime/devices.js";
import { Trainer } from "../src/train/trainer.js";
import { Random } from "../src/util/random.js";
import { printSample, timed } from "./measure.js";

const [threads, batch, size, width] = process.argv.slice(2).map(Number) as [number, number, number, number];
const trainer = await Trainer.create({
  step: {
    network: { ...chooseNetwork("unet", { width, upBias: false, headBias: false }), numClasses: 12, channels: 3 },
    batch,
    height: size,
    width: size,
    loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
    update: { optimizer: buildOptimizer({ name: "sgd", momentum: 0.9 }) },
  },
  accumulate: 1,
  device: await openDevice("cpu"),
  threads,
  seed: 1,
});
const random = new Random(1, "image");
const images = Float32Array.from({ length: batch * 3 * size * size }, () => random.between(-1, 1));
const masks = Int32Array.from({ length: batch * size * size }, (_, i) => ((i % (size * size)) >> 5) % 12);
let step = 0;
const times = await timed(12, 3, () => trainer.step([{ images: images.slice(), masks: masks.slice() }], step++, 0.01));
const { flops } = trainer;
await trainer.stop();
printSample(times, flops);
