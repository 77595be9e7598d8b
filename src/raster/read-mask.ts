/** @file Masks from files: the numbers as stored (palette indices, unscaled greys), never colours made from them. */
import { DataError } from "../errors/index.js";
import { decodeStored, readBytes } from "./formats.js";
import type { Mask, RasterData } from "./raster.js";
import { selectChannels } from "./read.js";
import type { FormatName, Stored } from "./stored.js";

/** A mask before anyone says which value means which class. */
export interface RawMask {
  /** Values (1 channel) or colours (3 channels) of the pixels, HWC. */
  readonly data: RasterData;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly format: FormatName;
  /** Colours `[r, g, b, ...]` of the values, when the file has a palette. */
  readonly palette?: Uint8Array;
  /** The value the file itself declares as "no data". */
  readonly nodata?: number;
}

function isGrey(data: RasterData): boolean {
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}

/**
 * The mask of stored pixels. Opacity is left out; three equal channels are one.
 *
 * @throws DataError when the file has more than three channels of data.
 */
export function maskOf(stored: Stored, file: string): RawMask {
  const { format, palette, nodata } = stored;
  const plain = stored.channels - Number(stored.alpha && !palette);
  if (plain !== 1 && plain !== 3)
    throw new DataError({
      file,
      expected: "a mask of one channel (class values) or three (colours)",
      found: `it has ${plain} channels`,
      next: "Check that this is the mask and not the image.",
    });
  const colours = plain === stored.channels ? stored : selectChannels(stored, plain === 1 ? [0] : [0, 1, 2]);
  const { data, height, width } = plain === 3 && isGrey(colours.data) ? selectChannels(colours, [0]) : colours;
  const channels = data.length === height * width ? 1 : 3;
  return {
    data,
    height,
    width,
    channels,
    format,
    ...(palette ? { palette } : {}),
    ...(nodata === undefined ? {} : { nodata }),
  };
}

/** The values or colours in a mask file. @throws DataError when it cannot be read. */
export async function readRawMask(file: string): Promise<RawMask> {
  return maskOf(await decodeStored(await readBytes(file), file), file);
}

/**
 * Reads a mask whose values are whole numbers: class indices or instance numbers, as stored.
 *
 * @throws DataError when the file is unreadable, holds colours, negative numbers or fractions.
 */
export async function readMask(file: string): Promise<Mask> {
  const { data, height, width, channels } = await readRawMask(file);
  const wrong = (found: string) => new DataError({ file, expected: "one whole number from 0 to 65535 a pixel", found });
  if (channels !== 1) throw wrong("the mask holds colours");
  if (data instanceof Uint8Array || data instanceof Uint16Array) return { data, height, width };
  const bad = data.find((value) => !(Number.isInteger(value) && value >= 0 && value <= 65535));
  if (bad !== undefined) throw wrong(`the mask holds ${bad}`);
  return { data: Uint16Array.from(data), height, width };
}
