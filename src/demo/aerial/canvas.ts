/**
 * @file Canvas: what painters draw on. Each output pixel is 2x2 samples, so that edges come out smooth.
 *
 * Lengths and coordinates are output pixels, x to the right, y down; (0, 0) is the corner of the first pixel.
 */
import type { Rgb } from "../../raster/index.js";

/** Samples along the side of an output pixel. */
export const supersample = 2;

/** Surface of the scene before light falls on it. */
export interface Canvas {
  /** Side of the square in output pixels. */
  readonly size: number;
  /** Samples along a side. */
  readonly samples: number;
  /** Colour of the surface under even light, `[samples, samples, 3]`, 0..255. */
  readonly colour: Float32Array;
  /** Class index of each sample. */
  readonly label: Uint8Array;
  /** Height above the ground in output pixels; casts shadows and is shaded by its slopes. */
  readonly height: Float32Array;
}

/** An empty canvas: class 0, flat, black. */
export function makeCanvas(size: number): Canvas {
  const samples = size * supersample;
  const count = samples * samples;
  return {
    size,
    samples,
    colour: new Float32Array(3 * count),
    label: new Uint8Array(count),
    height: new Float32Array(count),
  };
}

/** Calls `draw` with the index and centre of every sample within `reach` of the rectangle from (x0, y0) to (x1, y1). */
export function forSamples(
  { samples }: Pick<Canvas, "samples">,
  [x0, y0, x1, y1]: readonly [x0: number, y0: number, x1: number, y1: number],
  reach: number,
  draw: (index: number, x: number, y: number) => void,
): void {
  const first = (low: number) => Math.max(0, Math.floor((low - reach) * supersample));
  const last = (high: number) => Math.min(samples - 1, Math.ceil((high + reach) * supersample));
  const [left, right] = [first(Math.min(x0, x1)), last(Math.max(x0, x1))];
  const bottom = last(Math.max(y0, y1));
  for (let row = first(Math.min(y0, y1)); row <= bottom; row++)
    for (let column = left; column <= right; column++)
      draw(row * samples + column, (column + 0.5) / supersample, (row + 0.5) / supersample);
}

/** The index of the sample at a point, or -1 outside. */
export function sampleAt({ samples }: Pick<Canvas, "samples">, x: number, y: number): number {
  const [column, row] = [Math.floor(x * supersample), Math.floor(y * supersample)];
  return column < 0 || row < 0 || column >= samples || row >= samples ? -1 : row * samples + column;
}

/** Sets the colour of a sample to `tone * shade`. */
export function paint({ colour }: Canvas, index: number, tone: Rgb, shade: number): void {
  for (let c = 0; c < 3; c++) colour[3 * index + c] = tone[c]! * shade;
}

/** Mixes `tone * shade` into a sample; `share` 0 leaves it, 1 replaces it. */
export function mix({ colour }: Canvas, index: number, tone: Rgb, shade: number, share: number): void {
  for (let c = 0; c < 3; c++) {
    const at = 3 * index + c;
    colour[at] = colour[at]! + share * (tone[c]! * shade - colour[at]!);
  }
}
