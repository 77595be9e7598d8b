/**
 * @file Images from files, by one rule for all formats.
 *
 * Channels are what the file stores: 1 grey, 3 colour, N bands. Palettes become RGB; 1-, 2- and 4-bit greys are stretched to
 * 0..255; 8-, 16-bit and float values stay as they are. A channel that PNG, WebP, GIF or AVIF declare as opacity is left out,
 * unless the caller expects exactly that many channels (a fourth band saved as RGBA). Every channel of a TIFF is data; its
 * declared opacity is left out only if the caller expects one channel fewer.
 */
import { DataError } from "../errors/index.js";
import { decodeStored, readBytes } from "./formats.js";
import type { Raster, RasterData } from "./raster.js";
import type { Stored } from "./stored.js";

/** Options of `readRaster`. */
export interface ReadOptions {
  /** The number of channels expected: decides whether declared opacity is data, and turns a grey image into RGB for 3. */
  readonly channels?: number;
}

const allocate = (like: RasterData, length: number): RasterData =>
  new (like.constructor as new (length: number) => RasterData)(length);

/** A raster of the chosen channels, in that order; a channel may be named twice. */
export function selectChannels(raster: Raster, chosen: readonly number[]): Raster {
  const { data, channels, height, width } = raster;
  const count = chosen.length;
  const out = allocate(data, height * width * count);
  for (let c = 0; c < count; c++)
    for (let i = c, j = chosen[c]!; i < out.length; i += count, j += channels) out[i] = data[j]!;
  return { data: out, height, width, channels: count };
}

function expandPalette({ data, height, width, palette }: Stored): Raster {
  const out = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) for (let c = 0; c < 3; c++) out[3 * i + c] = palette?.[3 * data[i]! + c] ?? 0;
  return { data: out, height, width, channels: 3 };
}

function scaleValues({ data, height, width, channels, bitDepth, whiteIsZero }: Stored): Raster {
  const top = 2 ** bitDepth - 1;
  const factor = bitDepth < 8 ? 255 / top : 1;
  if (factor === 1 && !(whiteIsZero && bitDepth <= 16)) return { data, height, width, channels };
  return {
    data: data.map((value) => (whiteIsZero ? top - value : value) * factor) as RasterData,
    height,
    width,
    channels,
  };
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The image of stored pixels, by the rule at the top of this file. @throws DataError when `channels` cannot be had. */
export function imageOf(stored: Stored, file: string, { channels: expected }: ReadOptions = {}): Raster {
  const raster = stored.palette ? expandPalette(stored) : scaleValues(stored);
  const opacity = stored.alpha && !stored.palette;
  const dropped = opacity && (expected === undefined ? stored.format !== "tiff" : expected !== raster.channels);
  const channels = raster.channels - Number(dropped);
  if (expected !== undefined && channels !== expected) {
    if (channels === 1 && expected === 3) return selectChannels(raster, [0, 0, 0]);
    throw new DataError({
      file,
      expected: `${expected} channel${expected === 1 ? "" : "s"}, like the rest of the data set`,
      found: `the image has ${channels}${opacity ? " and opacity" : ""}`,
      next: "Convert the image, or leave it out.",
    });
  }
  return dropped ? selectChannels(raster, range(channels)) : raster;
}

/** The image in the bytes of a file; `file` is named in errors. @throws DataError when it cannot be read. */
export async function decodeRaster(bytes: Uint8Array, file: string, options: ReadOptions = {}): Promise<Raster> {
  return imageOf(await decodeStored(bytes, file), file, options);
}

/**
 * Reads an image.
 *
 * @throws DataError when the file is missing, damaged, truncated, of an unknown format, or has other channels than expected.
 * @example
 * const { height, width, channels } = await readRaster("scene.tif"); // 512 512 13
 */
export async function readRaster(file: string, options: ReadOptions = {}): Promise<Raster> {
  return decodeRaster(await readBytes(file), file, options);
}
