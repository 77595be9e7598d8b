/** @file Cutting a large image into overlapping tiles. */
import { UsageError } from "../errors/index.js";
import type { Box } from "../raster/raster.js";

export interface TileOptions {
  /** Height and width of a tile in pixels. */
  readonly height: number;
  readonly width: number;
  /** Share of a tile that its neighbour covers too, 0 up to (but not) 1. */
  readonly overlap: number;
}

/** The deepest stride of usual networks: tiles that start at its multiples see the same grid of strides as the whole image. */
const deepestStride = 32;

/** What starts of tiles are multiples of: a power of two, at most a quarter of the tile. */
function alignmentOf(tile: number): number {
  let alignment = 1;
  while (2 * alignment <= Math.min(deepestStride, tile / 4)) alignment *= 2;
  return alignment;
}

/**
 * Where tiles along an axis begin and end: evenly spread, the first at 0, the last up to the end.
 *
 * All start at multiples of a power of two, so that a network with strides gives the same numbers in a tile as in the whole
 * image. The last tile is therefore up to that much shorter than the others.
 */
export function tileSpans(size: number, tile: number, overlap: number): { start: number; end: number }[] {
  if (size <= tile) return [{ start: 0, end: size }];
  const unit = alignmentOf(tile);
  const stride = Math.max(1, Math.floor((tile * (1 - overlap)) / unit)) * unit;
  const last = Math.ceil((size - tile) / unit) * unit;
  const count = Math.ceil(last / stride) + 1;
  return Array.from({ length: count }, (_, i) => {
    const start = Math.round((i * last) / (count - 1) / unit) * unit;
    return { start, end: Math.min(size, start + tile) };
  });
}

/**
 * Boxes that cover an image of `height` x `width`, row by row; an image smaller than a tile is one box.
 *
 * @throws UsageError for tiles without pixels or an overlap outside [0, 1).
 */
export function tileRows(height: number, width: number, tile: TileOptions): Box[][] {
  if (!(tile.height >= 1 && tile.width >= 1))
    throw new UsageError({ expected: "tiles of at least 1x1 pixel", found: `${tile.height}x${tile.width}` });
  if (!(tile.overlap >= 0 && tile.overlap < 1))
    throw new UsageError({ expected: "an overlap from 0 up to, but not, 1", found: String(tile.overlap) });
  const columns = tileSpans(width, tile.width, tile.overlap);
  return tileSpans(height, tile.height, tile.overlap).map(({ start: y0, end: y1 }) =>
    columns.map(({ start: x0, end: x1 }) => ({ y0, x0, y1, x1 })),
  );
}
