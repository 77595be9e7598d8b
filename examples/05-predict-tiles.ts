/** @file 05: an image far larger than the network's input, predicted by overlapping tiles. */
import { join } from "node:path";
import { openModel } from "segkit/predict";
import { type Raster, readMask, readRaster, writeIndexPng } from "segkit/raster";
import { openDevice } from "segkit/runtime";
import { folder, shapesFolder, trainedRun } from "./shapes.js";

/** Six rasters of one size laid out as a sheet of 3 x 2. */
function sheet(parts: readonly Omit<Raster, "channels">[], channels: number): Raster {
  const { height, width } = parts[0]!;
  const data = new Uint8Array(6 * height * width * channels);
  for (const [i, part] of parts.entries())
    for (let y = 0; y < height; y++) {
      const row = part.data.subarray(y * width * channels, (y + 1) * width * channels);
      data.set(row, ((Math.floor(i / 3) * height + y) * 3 + (i % 3)) * width * channels);
    }
  return { data, height: 2 * height, width: 3 * width, channels };
}

const test = join(await shapesFolder(), "test");
const files = [0, 1, 2, 3, 4, 5].map((i) => `${i}.png`);
const image = sheet(await Promise.all(files.map((file) => readRaster(join(test, "images", file)))), 3);
const truth = sheet(await Promise.all(files.map((file) => readMask(join(test, "masks", file)))), 1);

const { predictor } = await openModel(await trainedRun(), { device: await openDevice("cpu"), threads: 1 });
// Half of each tile overlaps its neighbours; the probabilities are blended with weights that fall towards the tiles' edges.
const mask = await predictor.predictMask(image, { tiles: { height: 64, width: 64, overlap: 0.5 } });
await predictor.close();

await writeIndexPng(
  join(folder, "sheet.png"),
  mask,
  predictor.info.classes.map(({ colour }) => colour),
);
console.log(`${mask.height}x${mask.width} pixels in ${join(folder, "sheet.png")}`);
const right = mask.data.filter((label, i) => label === truth.data[i]);
console.log(`pixels right: ${(right.length / truth.data.length).toFixed(4)}`);
