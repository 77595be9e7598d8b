/** @file Cutting a large image into overlapping tiles, and weights that let the tiles fade into each other. */
import { UsageError } from "../errors/index.js";
import type { Box } from "../raster/raster.js";

export interface TileOptions {
  /** Height and width of a tile in pixels. */
  readonly height: number;
  readonly width: number;
  /** Share of a tile that its neighbour covers too, 0 up to (but not) 1. */
  readonly overlap: number;
}

/** First pixels of tiles along an axis: evenly spread, the first at 0, the last ending at the end. */
export function tileStarts(size: number, tile: number, overlap: number): number[] {
  if (size <= tile) return [0];
  const stride = Math.max(1, Math.floor(tile * (1 - overlap)));
  const count = Math.ceil((size - tile) / stride) + 1;
  return Array.from({ length: count }, (_, i) => Math.round((i * (size - tile)) / (count - 1)));
}

/**
 * Boxes that cover an image of `height` x `width`; those of an image smaller than a tile are the image.
 *
 * @throws UsageError for tiles without pixels or an overlap outside [0, 1).
 */
export function tileBoxes(height: number, width: number, { height: th, width: tw, overlap }: TileOptions): Box[] {
  if (!(th >= 1 && tw >= 1)) throw new UsageError({ expected: "tiles of at least 1x1 pixel", found: `${th}x${tw}` });
  if (!(overlap >= 0 && overlap < 1))
    throw new UsageError({ expected: "an overlap of 0 up to 0.9", found: String(overlap) });
  return tileStarts(height, th, overlap).flatMap((y0) =>
    tileStarts(width, tw, overlap).map((x0) => ({
      y0,
      x0,
      y1: Math.min(height, y0 + th),
      x1: Math.min(width, x0 + tw),
    })),
  );
}

/**
 * Weights of a tile's pixels: a Gaussian around its centre with a deviation of 1/8 of its size, 1 at the centre and not
 * below 1e-3, so that every pixel counts (as nnU-Net does, Isensee et al. 2021). A pixel of one tile alone keeps its value.
 */
export function gaussianWeights(height: number, width: number): Float32Array {
  const axis = (n: number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => Math.exp(-0.5 * ((i - (n - 1) / 2) / (n / 8)) ** 2));
  const [rows, columns] = [axis(height), axis(width)];
  const weights = new Float32Array(height * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) weights[y * width + x] = Math.max(1e-3, rows[y]! * columns[x]!);
  return weights;
}

/** Weighted mean of overlapping tiles of K channels: add tiles, then divide. */
export class TileBlend {
  private readonly sum: Float32Array;
  private readonly weight: Float32Array;
  private readonly masks = new Map<string, Float32Array>();

  constructor(
    private readonly channels: number,
    private readonly height: number,
    private readonly width: number,
  ) {
    this.sum = new Float32Array(channels * height * width);
    this.weight = new Float32Array(height * width);
  }

  /** Adds a tile's values [K, h, w] at its box. */
  add(values: Float32Array, { y0, x0, y1, x1 }: Box): void {
    const [h, w] = [y1 - y0, x1 - x0];
    const weights = this.weightsOf(h, w);
    const { width, height } = this;
    for (let k = 0; k < this.channels; k++)
      for (let y = 0; y < h; y++) {
        const to = (k * height + y0 + y) * width + x0;
        const from = (k * h + y) * w;
        for (let x = 0; x < w; x++) this.sum[to + x] = this.sum[to + x]! + values[from + x]! * weights[y * w + x]!;
      }
    for (let y = 0; y < h; y++) {
      const to = (y0 + y) * width + x0;
      for (let x = 0; x < w; x++) this.weight[to + x] = this.weight[to + x]! + weights[y * w + x]!;
    }
  }

  /** The mean [K, H, W]. The blend cannot be used afterwards. */
  finish(): Float32Array {
    const pixels = this.height * this.width;
    for (let k = 0; k < this.channels; k++)
      for (let i = 0; i < pixels; i++) this.sum[k * pixels + i] = this.sum[k * pixels + i]! / this.weight[i]!;
    return this.sum;
  }

  private weightsOf(height: number, width: number): Float32Array {
    const key = `${height} ${width}`;
    const weights = this.masks.get(key) ?? gaussianWeights(height, width);
    this.masks.set(key, weights);
    return weights;
  }
}
