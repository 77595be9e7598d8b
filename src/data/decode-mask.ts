/** @file From the numbers or colours in a mask file to class indices. Runs for every training image, so it is table look-ups only. */
import { packColour } from "../raster/palette.js";
import type { Mask } from "../raster/raster.js";
import type { RawMask } from "../raster/read-mask.js";
import { shownColour } from "./mask-summary.js";
import type { ColourDecoding, ValueDecoding } from "./sample.js";

/** A mask of class indices and what did not fit. */
export interface DecodedMask {
  readonly mask: Mask;
  /** Pixels whose value or colour is no class and no void. */
  readonly outOfRange: number;
}

/** Marks a value that means nothing; class indices and ignore values are never negative. */
const unknown = -1;

/** Class index of a value or packed colour; negative when there is none. */
export type Lookup = (value: number) => number;

/** Class index of a value. Negative values and the file's own "no data" value are void unless the table says otherwise. */
function valueLookup({ table, other, ignoreIndex }: ValueDecoding, nodata: number | undefined): Lookup {
  const known = new Map(table);
  if (nodata !== undefined && !known.has(nodata)) known.set(nodata, ignoreIndex);
  return (value) => known.get(value) ?? (value < 0 ? ignoreIndex : (other ?? unknown));
}

/** Class index of a packed colour. */
function colourLookup({ table, other }: ColourDecoding): Lookup {
  const known = new Map(table.map(([red, green, blue, index]) => [packColour(red, green, blue), index]));
  return (colour) => known.get(colour) ?? other ?? unknown;
}

/**
 * The class index of a value or packed colour of a mask: `ignoreIndex` for void, negative for what is no class.
 *
 * One-channel masks in a set of colours look up their palette colour, or the grey (v, v, v).
 */
export function maskLookup(
  mask: Pick<RawMask, "channels" | "palette" | "nodata">,
  decoding: ValueDecoding | ColourDecoding,
): Lookup {
  if (decoding.kind === "values") return mask.channels === 3 ? () => unknown : valueLookup(decoding, mask.nodata);
  const lookup = colourLookup(decoding);
  return mask.channels === 3 ? lookup : (value) => lookup(shownColour(value, mask.palette));
}

/**
 * The class indices of a raw mask by the rule of its data set.
 *
 * Values and colours outside the rule become `ignoreIndex` and are counted, never dropped in silence.
 */
export function decodeMask(raw: RawMask, decoding: ValueDecoding | ColourDecoding): DecodedMask {
  const { height, width, channels, data } = raw;
  const { ignoreIndex } = decoding;
  const out = ignoreIndex === 255 ? new Uint8Array(height * width) : new Uint16Array(height * width);
  const isColour = channels === 3;
  const lookup = maskLookup(raw, decoding);
  let outOfRange = 0;
  // A table of all 8-bit values; for the rest the last answer is kept, since masks are made of runs.
  const small =
    data instanceof Uint8Array && !isColour ? Int32Array.from({ length: 256 }, (_, value) => lookup(value)) : undefined;
  let last = Number.NaN;
  let answer = unknown;
  for (let i = 0; i < out.length; i++) {
    if (small) answer = small[data[i]!]!;
    else {
      const value = isColour ? packColour(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!) : data[i]!;
      if (value !== last) {
        last = value;
        answer = lookup(value);
      }
    }
    if (answer === unknown) outOfRange++;
    out[i] = answer === unknown ? ignoreIndex : answer;
  }
  return { mask: { data: out, height, width }, outOfRange };
}
