/** @file PNG files from rasters and masks. */
import { DataError } from "../errors/index.js";
import { writeFileAtomic } from "../util/files.js";
import { pngPalette, type Rgb } from "./palette.js";
import { encodePng } from "./png-encode.js";
import type { Mask, Raster } from "./raster.js";

/**
 * The bytes of an index PNG: the pixel value is the class index, the palette only shows it in colour. Masks of more than 256
 * values become 16-bit grey, since palettes end there.
 *
 * @param colours colour of each class index; missing ones are Pascal VOC's.
 */
export function encodeIndexPng(mask: Mask, colours: readonly Rgb[] = []): Promise<Uint8Array> {
  const palette = mask.data instanceof Uint8Array ? { palette: pngPalette(colours) } : {};
  return encodePng({ ...mask, channels: 1, ...palette });
}

/** Writes a mask as an index PNG (see `encodeIndexPng`). @throws FileError when the file cannot be written. */
export async function writeIndexPng(file: string, mask: Mask, colours: readonly Rgb[] = []): Promise<void> {
  writeFileAtomic(file, await encodeIndexPng(mask, colours));
}

/**
 * Writes an image of 1 (grey), 2 (grey, opacity), 3 (RGB) or 4 (RGBA) channels of 8 or 16 bit, without loss.
 *
 * @throws DataError when a PNG cannot hold the raster; FileError when the file cannot be written.
 */
export async function writePng(file: string, raster: Raster): Promise<void> {
  const { data, channels } = raster;
  if (!(data instanceof Uint8Array || data instanceof Uint16Array) || channels < 1 || channels > 4)
    throw new DataError({
      file,
      expected: "1 to 4 channels of 8- or 16-bit unsigned values",
      found: `the raster has ${channels} of ${data.constructor.name.replace("Array", "").toLowerCase()}`,
      next: "Write it as TIFF, or scale it first.",
    });
  writeFileAtomic(file, await encodePng({ ...raster, data, channels: channels as 1 | 2 | 3 | 4 }));
}
