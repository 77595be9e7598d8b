/** @file Masks of another size. Only the nearest pixel will do: blends of class indices are classes that are not there. */
import type { Mask } from "./raster.js";

/** The mask at a new size; each pixel takes the value under its centre. */
export function resizeMask({ data, height, width }: Mask, toHeight: number, toWidth: number): Mask {
  const out = data instanceof Uint8Array ? new Uint8Array(toHeight * toWidth) : new Uint16Array(toHeight * toWidth);
  const columns = Int32Array.from({ length: toWidth }, (_, x) => Math.floor(((x + 0.5) * width) / toWidth));
  for (let y = 0; y < toHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x++) out[y * toWidth + x] = data[row + columns[x]!]!;
  }
  return { data: out, height: toHeight, width: toWidth };
}
