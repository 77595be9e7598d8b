/** @file The weighted mean of overlapping tiles, handed out row by row so that no map of a whole large image is needed. */
import type { Box } from "../raster/raster.js";
import type { Planes } from "./planes.js";

/**
 * Weights of a tile's pixels: a Gaussian around its centre with a deviation of 1/8 of its size, 1 at the centre, as nnU-Net
 * weighs them (https://doi.org/10.1038/s41592-020-01008-z).
 *
 * Along each axis they do not fall below 1e-3, so that every pixel counts. (With one such bound for the product, tiles would
 * count alike along the image's border, and their seams would show there.)
 */
export function gaussianWeights(height: number, width: number): Float32Array {
  const axis = (n: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => Math.max(1e-3, Math.exp(-0.5 * ((i - (n - 1) / 2) / (n / 8)) ** 2)));
  const [rows, columns] = [axis(height), axis(width)];
  return Float32Array.from({ length: height * width }, (_, i) => rows[Math.floor(i / width)]! * columns[i % width]!);
}

/**
 * Blends tiles of K channels that come from top to bottom.
 *
 * It holds as many rows as a tile has: `take` hands out the rows that no later tile reaches.
 */
export class TileBlend {
  private readonly sum: Float32Array;
  private readonly weight: Float32Array;
  private readonly masks = new Map<string, Float32Array>();
  /** Row of the image that the first row held is. */
  private top = 0;

  /**
   * @param rows height of the tallest tile
   * @param width width of the image
   */
  constructor(
    private readonly channels: number,
    private readonly rows: number,
    private readonly width: number,
  ) {
    this.sum = new Float32Array(channels * rows * width);
    this.weight = new Float32Array(rows * width);
  }

  /** Adds a tile's values [K, h, w] at its box in the image. */
  add(values: Float32Array, { y0, x0, y1, x1 }: Box): void {
    const [h, w] = [y1 - y0, x1 - x0];
    const weights = this.weightsOf(h, w);
    const { width, rows } = this;
    const row = y0 - this.top;
    for (let k = 0; k < this.channels; k++)
      for (let y = 0; y < h; y++) {
        const to = (k * rows + row + y) * width + x0;
        const from = (k * h + y) * w;
        for (let x = 0; x < w; x++) this.sum[to + x] = this.sum[to + x]! + values[from + x]! * weights[y * w + x]!;
      }
    for (let y = 0; y < h; y++) {
      const to = (row + y) * width + x0;
      for (let x = 0; x < w; x++) this.weight[to + x] = this.weight[to + x]! + weights[y * w + x]!;
    }
  }

  /** The mean of the rows from those taken before up to row `until` of the image, which no tile may reach any more. */
  take(until: number): Planes {
    const { channels, rows, width, sum, weight } = this;
    const count = (until - this.top) * width;
    const out = new Float32Array(channels * count);
    for (let k = 0; k < channels; k++) {
      const start = k * rows * width;
      for (let i = 0; i < count; i++) out[k * count + i] = sum[start + i]! / weight[i]!;
      shift(sum.subarray(start, start + rows * width), count);
    }
    shift(weight, count);
    const height = until - this.top;
    this.top = until;
    return { data: out, channels, height, width };
  }

  private weightsOf(height: number, width: number): Float32Array {
    const key = `${height} ${width}`;
    const weights = this.masks.get(key) ?? gaussianWeights(height, width);
    this.masks.set(key, weights);
    return weights;
  }
}

/** Drops the first `count` numbers: the rest moves to the front, zeros follow. */
function shift(values: Float32Array, count: number): void {
  values.copyWithin(0, count);
  values.fill(0, values.length - count);
}
