/** @file From probabilities to classes. */
import type { Mask } from "../raster/raster.js";
import type { Planes } from "./planes.js";

/** A mask without content for so many classes: 8 bit as far as that holds their indices. */
export const emptyMask = (classes: number, height: number, width: number): Mask => ({
  data: classes <= 256 ? new Uint8Array(height * width) : new Uint16Array(height * width),
  height,
  width,
});

/** Writes the class with the largest probability of each of the pixels [K, pixels]; the first on ties. */
export function argmaxInto(probabilities: Float32Array, classes: number, out: Mask["data"], at: number): void {
  const pixels = probabilities.length / classes;
  const best = probabilities.slice(0, pixels);
  out.fill(0, at, at + pixels);
  for (let k = 1; k < classes; k++)
    for (let i = 0, j = k * pixels; i < pixels; i++, j++) {
      const p = probabilities[j]!;
      if (p > best[i]!) {
        best[i] = p;
        out[at + i] = k;
      }
    }
}

/** Class with the largest probability of each pixel; the first on ties. */
export function maskOfProbabilities({ data, channels, height, width }: Planes): Mask {
  const mask = emptyMask(channels, height, width);
  argmaxInto(data, channels, mask.data, 0);
  return mask;
}
