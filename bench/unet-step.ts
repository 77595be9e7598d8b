/** @file One training step of the plain U-Net, 12 classes, SGD with momentum 0.9. Arguments: THREADS BATCH SIZE WIDTH. */
import { buildLoss } from "../src/losses/index.js";
import { chooseNetwork } from "../src/models/registry.js";
import { initialize } from "../src/nn/initializers.js";
import { buildOptimizer } from "../src/optim/index.js";
import { openDevice } from "../src/runtime/devices.js";
import { Session } from "../src/runtime/session.js";
import { float32, int32, type Tensor } from "../src/runtime/tensor.js";
import { compileStep } from "../src/train/compile.js";
import { Random } from "../src/util/random.js";
import { printSample, timed } from "./measure.js";

const [threads, batch, size, width] = process.argv.slice(2).map(Number) as [number, number, number, number];
const device = await openDevice("cpu");
const step = compileStep({
  network: { ...chooseNetwork("unet", { width }), numClasses: 12, channels: 3 },
  batch,
  height: size,
  width: size,
  loss: buildLoss({ name: "crossEntropy" }, "multiclass"),
  update: { optimizer: buildOptimizer({ name: "sgd", momentum: 0.9 }) },
  target: device.target,
  channelBlock: device.channelBlock,
});
const session = await Session.create(step.model, { threads });
const values = initialize(step.residents, 1);
const state: { [name: string]: Tensor } = Object.fromEntries(
  step.residents.map(({ name, shape }) => [name, float32(values.get(name)!, shape)]),
);
const random = new Random(1, "image");
const image = float32(
  Float32Array.from({ length: batch * 3 * size * size }, () => random.between(-1, 1)),
  [batch, 3, size, size],
);
const target = int32(
  Int32Array.from({ length: batch * size * size }, (_, i) => ((i % (size * size)) >> 5) % 12),
  [batch, size, size],
);

let count = 0;
const times = await timed(12, 3, async () => {
  const outputs = await session.run({
    ...state,
    image,
    target,
    "learning rate": float32([0.01], []),
    step: float32([++count], []),
  });
  for (const [output, name] of Object.entries(step.writes)) state[name] = outputs[output]!;
});
printSample(times, step.flops);
