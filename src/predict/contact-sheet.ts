/** @file A contact sheet: images one below the other, each beside its mask and a map of where the model is unsure. */
import { pipeline, resize } from "../data/transforms/index.js";
import { overlay } from "../raster/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import { resizeMask } from "../raster/resize-mask.js";
import { Random } from "../util/random.js";
import type { BundleInfo } from "./bundle.js";

/** Height of a row in pixels, without the line below it. */
const rowHeight = 180;
/** Width of a picture at most, for panoramas. */
const mostWidth = 480;
const gap = 4;

/** What a row shows; `entropy` is 255 times the normalised entropy. */
export interface SheetRow {
  readonly image: Raster;
  readonly mask: Mask;
  readonly entropy: Mask;
}

/** Black, red, yellow, white for 0 to 255: the darker, the surer. */
const heat = (value: number): readonly [number, number, number] => {
  const part = (from: number): number => Math.round(255 * Math.min(1, Math.max(0, (3 * value) / 255 - from)));
  return [part(0), part(1), part(2)];
};

/** The three pictures of a row, 8-bit RGB of `rowHeight`. */
function picturesOf({ image, mask, entropy }: SheetRow, { classes }: BundleInfo): Raster[] {
  const height = rowHeight;
  const width = Math.max(1, Math.min(mostWidth, Math.round((image.width * height) / image.height)));
  const small = pipeline([resize({ height, width })], { ignoreIndex: 255 })({ image }, new Random(0)).image;
  const shown = image.data instanceof Uint8Array ? { ...small, data: Uint8Array.from(small.data) } : small;
  const classesOf = resizeMask(mask, height, width);
  const colours = classes.map(({ colour }) => colour);
  const unsure = resizeMask(entropy, height, width);
  return [
    overlay(shown, classesOf, { opacity: 0, outlines: false }),
    overlay(shown, classesOf, { colours }),
    { data: Uint8Array.from(Array.from(unsure.data, (value) => heat(value)).flat()), height, width, channels: 3 },
  ];
}

/** All rows as one picture, 8-bit RGB. */
export function contactSheet(rows: readonly SheetRow[], info: BundleInfo): Raster {
  const pictures = rows.map((row) => picturesOf(row, info));
  const width = Math.max(...pictures.map((row) => row.reduce((sum, picture) => sum + picture.width + gap, -gap)));
  const height = rows.length * (rowHeight + gap) - gap;
  const data = new Uint8Array(height * width * 3).fill(255);
  for (const [r, row] of pictures.entries()) {
    let x0 = 0;
    for (const picture of row) {
      for (let y = 0; y < picture.height; y++) {
        const from = y * picture.width * 3;
        const to = ((r * (rowHeight + gap) + y) * width + x0) * 3;
        data.set(picture.data.subarray(from, from + picture.width * 3), to);
      }
      x0 += picture.width + gap;
    }
  }
  return { data, height, width, channels: 3 };
}
