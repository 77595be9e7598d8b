/** @file The choice of the network's input size: the sizes to choose from, the largest that memory and time allow. */
import { friendly } from "../choices.js";
import { at, type Line } from "./fit.js";

export type Size = readonly [height: number, width: number];

export const areaOf = ([height, width]: Size): number => height * width;

/** Sides of crops from images that are too large to be seen whole. */
const cropSides = [512, 384, 256, 192, 128];
/** Shares of the side of smaller images. */
const shares = [0.75, 0.5, 0.375, 0.25];

/**
 * Sizes from large to small.
 *
 * @param first the size that the data suggest: whole images, or crops where these are large
 * @param isCrop which of the two it is
 * @param image size of an image
 */
export function candidateSizes(first: Size, isCrop: boolean, image: Size): Size[] {
  const all = isCrop
    ? cropSides.map((side): Size => [Math.min(side, friendly(image[0])), Math.min(side, friendly(image[1]))])
    : [first, ...shares.map((share): Size => [friendly(share * first[0]), friendly(share * first[1])])];
  return all.filter((size, i) => i === 0 || areaOf(size) < areaOf(all[i - 1]!));
}

export interface SizeQuestion {
  readonly sizes: readonly Size[];
  /** Images that must fit at once. */
  readonly batch: number;
  /** Whether a batch of so many pixels fits into memory. */
  readonly fits: (pixels: number) => boolean;
  /** Milliseconds of a step, by the pixels of its batch. */
  readonly milliseconds: Line;
  /** Milliseconds that a step of `batch` images may take, where the run has a time. */
  readonly longest?: number;
}

export interface SizeAnswer {
  /** Place in the list of sizes. */
  readonly index: number;
  /** Why the next larger one was not taken. */
  readonly refused?: "memory" | "time";
}

/** The largest size that memory and time allow; the smallest where none is allowed. */
export function chooseSize({ sizes, batch, fits, milliseconds, longest = Infinity }: SizeQuestion): SizeAnswer {
  const refusals = sizes.map((size): SizeAnswer["refused"] => {
    const pixels = batch * areaOf(size);
    if (!fits(pixels)) return "memory";
    return at(milliseconds, pixels) > longest ? "time" : undefined;
  });
  const found = refusals.indexOf(undefined);
  const index = found < 0 ? sizes.length - 1 : found;
  const refused = refusals[index - 1];
  return refused === undefined ? { index } : { index, refused };
}
