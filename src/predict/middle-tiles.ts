/**
 * @file The overlap-tile strategy of networks with unpadded convolutions (Ronneberger et al. 2015,
 * https://arxiv.org/abs/1505.04597, figure 2): a tile's output is the middle of it, tiles overlap by the margin, and beyond its
 * border the image is mirrored. So every pixel is predicted once, from real pixels as far as there are any.
 */
import { UsageError } from "../errors/index.js";
import type { Raster } from "../raster/raster.js";
import { ahead } from "../util/ahead.js";
import { cutPlanes, emptyPlanes, type Planes, pastePlanes, windowOf } from "./planes.js";

export interface MiddleTile {
  /** Height and width of the network's input. */
  readonly height: number;
  readonly width: number;
  /** Pixels by which the output is smaller on each side. */
  readonly margin: number;
}

/**
 * The map of an image in bands as high as a tile's output.
 *
 * @param look the network: a window of the tile's size to its middle
 * @throws UsageError when the tile is too small, or of a size at which the output is not its middle.
 */
export async function* middleBands(
  image: Raster,
  { height, width, margin }: MiddleTile,
  look: (window: Planes) => Promise<Planes>,
): AsyncGenerator<Planes, void, void> {
  const [h, w] = [height - 2 * margin, width - 2 * margin];
  if (h < 1 || w < 1)
    throw new UsageError({
      expected: `tiles larger than ${2 * margin}x${2 * margin}, as this network's output is ${margin} pixels smaller on each side`,
      found: `${height}x${width}`,
    });
  const places: { y: number; x: number }[] = [];
  for (let y = 0; y < image.height; y += h) for (let x = 0; x < image.width; x += w) places.push({ y, x });
  let band: Planes | undefined;
  const work = ({ y, x }: { y: number; x: number }): Promise<Planes> =>
    look(windowOf(image, y - margin, x - margin, height, width));
  for await (const { item, result } of ahead(places, 1, work)) {
    if (result.height !== h || result.width !== w)
      throw new UsageError({
        expected: `tiles whose output is ${margin} pixels smaller on each side`,
        found: `${height}x${width} gives ${result.height}x${result.width}`,
        next: "Leave the size of tiles to the model.",
      });
    const [rows, columns] = [Math.min(h, image.height - item.y), Math.min(w, image.width - item.x)];
    band ??= emptyPlanes(result.channels, rows, image.width);
    pastePlanes(cutPlanes(result, 0, 0, rows, columns), band, 0, item.x);
    if (item.x + columns < image.width) continue;
    yield band;
    band = undefined;
  }
}
