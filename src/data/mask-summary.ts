/** @file What a mask file holds, counted: the basis for recognising encodings and for the doctor's checks. */
import { packColour } from "../raster/palette.js";
import type { RawMask } from "../raster/read-mask.js";

/** More distinct colours than this are a photograph or JPEG noise, not classes. */
const mostColours = 4096;

/** Values or colours of a mask with their pixel counts. Plain JSON but for the palette. */
export interface MaskSummary {
  readonly height: number;
  readonly width: number;
  readonly kind: "values" | "colours";
  /** Pairs `[value or packed colour, pixels]`, ascending; cut at 4096 colours. */
  readonly counts: readonly (readonly [value: number, pixels: number])[];
  /** True when the list of colours was cut. */
  readonly cut: boolean;
  /** True for formats that blur values (JPEG, lossy WebP and AVIF). */
  readonly lossy: boolean;
  readonly palette?: Uint8Array;
  readonly nodata?: number;
}

/** Counts the values of a mask. */
export function summarise({ data, height, width, channels, format, palette, nodata }: RawMask): MaskSummary {
  const counts = new Map<number, number>();
  let cut = false;
  if (data instanceof Uint8Array && channels === 1) {
    const bins = new Uint32Array(256);
    for (const value of data) bins[value]!++;
    bins.forEach((pixels, value) => {
      if (pixels > 0) counts.set(value, pixels);
    });
  } else {
    // Runs of equal pixels are counted at once: masks are made of runs, and the map is the slow part.
    let run = 0;
    let last = Number.NaN;
    const flush = () => {
      if (run > 0 && (counts.size < mostColours || counts.has(last))) counts.set(last, (counts.get(last) ?? 0) + run);
      else if (run > 0) cut = true;
      run = 0;
    };
    for (let i = 0; i < data.length; i += channels) {
      const value = channels === 3 ? packColour(data[i]!, data[i + 1]!, data[i + 2]!) : data[i]!;
      if (value !== last) flush();
      last = value;
      run++;
    }
    flush();
  }
  return {
    height,
    width,
    kind: channels === 3 ? "colours" : "values",
    counts: [...counts].sort(([a], [b]) => a - b),
    cut,
    lossy: format === "jpeg" || format === "avif" || format === "webp",
    ...(palette ? { palette } : {}),
    ...(nodata === undefined ? {} : { nodata }),
  };
}

/** The packed colour that a value of a one-channel mask is shown in. */
export function shownColour(value: number, palette: Uint8Array | undefined): number {
  if (!palette) return packColour(value, value, value);
  return packColour(palette[3 * value] ?? 0, palette[3 * value + 1] ?? 0, palette[3 * value + 2] ?? 0);
}
