/** @file One training step of a network through the trainer, SGD with momentum 0.9 and weight decay 1e-4 as the peers do. */
import { buildLoss } from "../src/losses/index.js";
import { buildOptimizer } from "../src/optim/index.js";
import { openDevice } from "../src/runtime/devices.js";
import { Trainer } from "../src/train/trainer.js";
import { printSample, timed } from "./measure.js";
import { imagesFor, networkOfArguments } from "./network.js";

const network = networkOfArguments();
const { threads, batch, size, numClasses, architecture } = network;
const started = performance.now();
const trainer = await Trainer.create({
  step: {
    network: { ...network, channels: 3 },
    batch,
    height: size,
    width: size,
    loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
    update: {
      optimizer: buildOptimizer({
        name: "sgd",
        momentum: 0.9,
        ...(architecture.name === "unet" ? {} : { weightDecay: 1e-4 }),
      }),
    },
  },
  accumulate: 1,
  device: await openDevice("cpu"),
  threads,
  seed: 1,
});
const readyMs = performance.now() - started;
const images = imagesFor(network);
const masks = Int32Array.from({ length: batch * size * size }, (_, i) => ((i % (size * size)) >> 5) % numClasses);
let step = 0;
const times = await timed(12, 3, () => trainer.step([{ images: images.slice(), masks: masks.slice() }], step++, 0.001));
const { flops, nodes } = trainer;
await trainer.stop();
printSample(times, flops, { readyMs, nodes });
