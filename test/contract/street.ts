/** @file Drawn street scenes: sky over a skyline over a road, coarse like photographs of streets that were made small. */
import type { Mask, Raster } from "../../src/raster/raster.js";
import { Random } from "../../src/util/random.js";

export const streetClasses = ["sky", "road", "building"] as const;

/** Red, green and blue of each class, before light and grain. */
const colours = [
  [205, 215, 225],
  [110, 105, 110],
  [95, 70, 55],
] as const;

const [height, width] = [96, 128];
const houses = 6;

/** A scene and the index into `streetClasses` of each pixel; every seed gives another. */
export function drawStreet(seed: number): { readonly image: Raster; readonly mask: Mask } {
  const random = new Random(seed, "street");
  const horizon = height * random.between(0.45, 0.6);
  const vanishing = width * random.between(0.35, 0.65);
  const spread = random.between(1.6, 2.6);
  const roofs = Array.from({ length: houses }, () => horizon * random.between(0.3, 0.9));
  const light = random.between(0.75, 1.1);
  const data = new Uint8Array(height * width * 3);
  const labels = new Uint8Array(height * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const roof = roofs[Math.floor((x * houses) / width)]!;
      const onRoad = y > horizon && Math.abs(x - vanishing) < spread * (y - horizon) + 4;
      const label = onRoad ? 1 : y < roof ? 0 : 2;
      labels[y * width + x] = label;
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 3 + c] = Math.min(
          255,
          Math.max(0, light * colours[label]![c]! + random.between(-25, 25)),
        );
    }
  return { image: { data, height, width, channels: 3 }, mask: { data: labels, height, width } };
}
