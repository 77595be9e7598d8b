/** @file 06: the trained network as one .onnx file, run by plain ONNX Runtime without Segkit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ort from "onnxruntime-node";
import { exportModel } from "segkit";
import { readMask } from "segkit/raster";
import sharp from "sharp";
import { folder, shapesFolder, trainedRun } from "./shapes.js";

const file = join(folder, "shapes.onnx");
for await (const event of exportModel({ run: await trainedRun(), out: file }))
  if (event.kind === "end") console.log(`equal to the run on ${100 * event.report.gate.agreement} % of the pixels`);

// Segkit has no part in this run. The file normalises by itself: it takes 0..255, [batch, channel, height, width].
const { data, info } = await sharp(join(await shapesFolder(), "test", "images", "0.png"))
  .removeAlpha()
  .raw()
  .toBuffer({ resolveWithObject: true });
const { height, width, channels } = info;
const image = new Float32Array(channels * height * width);
for (let i = 0; i < height * width; i++)
  for (let c = 0; c < channels; c++) image[c * height * width + i] = data[i * channels + c]!;

const session = await ort.InferenceSession.create(readFileSync(file));
const { mask } = await session.run({ image: new ort.Tensor("float32", image, [1, channels, height, width]) }, ["mask"]);
await session.release();

const truth = await readMask(join(await shapesFolder(), "test", "masks", "0.png"));
const right = (mask!.data as Uint8Array).filter((label, i) => label === truth.data[i]);
console.log(`pixels right: ${(right.length / truth.data.length).toFixed(4)}`);
