/** @file Planes: a map with its channels one after the other, [C, H, W], as networks take and give it. */
import type { Raster } from "../raster/raster.js";

export interface Planes {
  /** [channels, height, width]. */
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Index of a pixel beyond the border, mirrored back without repeating the border pixel. */
function mirrored(i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const p = ((i % period) + period) % period;
  return p < n ? p : period - p;
}

/** The window of an image from (y0, x0) on, in the image's own units; beyond its borders the image continues mirrored. */
export function windowOf(image: Raster, y0: number, x0: number, height: number, width: number): Planes {
  const { data, channels } = image;
  const out = new Float32Array(channels * height * width);
  const columns = Int32Array.from({ length: width }, (_, x) => mirrored(x0 + x, image.width) * channels);
  for (let y = 0; y < height; y++) {
    const row = mirrored(y0 + y, image.height) * image.width * channels;
    for (let c = 0; c < channels; c++) {
      const to = (c * height + y) * width;
      for (let x = 0; x < width; x++) out[to + x] = data[row + columns[x]! + c]!;
    }
  }
  return { data: out, channels, height, width };
}

/** The rectangle of a map with its first pixel at (y0, x0). */
export function cutPlanes(map: Planes, y0: number, x0: number, height: number, width: number): Planes {
  if (height === map.height && width === map.width) return map;
  const out = new Float32Array(map.channels * height * width);
  for (let c = 0; c < map.channels; c++)
    for (let y = 0; y < height; y++) {
      const from = (c * map.height + y0 + y) * map.width + x0;
      out.set(map.data.subarray(from, from + width), (c * height + y) * width);
    }
  return { data: out, channels: map.channels, height, width };
}

/** Writes a map into a larger one with its first pixel at (y0, x0). */
export function pastePlanes(map: Planes, into: Planes, y0: number, x0: number): void {
  for (let c = 0; c < map.channels; c++)
    for (let y = 0; y < map.height; y++) {
      const from = (c * map.height + y) * map.width;
      into.data.set(map.data.subarray(from, from + map.width), (c * into.height + y0 + y) * into.width + x0);
    }
}

/** A map of zeros. */
export const emptyPlanes = (channels: number, height: number, width: number): Planes => ({
  data: new Float32Array(channels * height * width),
  channels,
  height,
  width,
});
