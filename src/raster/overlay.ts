/** @file Overlay: a mask drawn in colour over its image, with outlines, for people to look at. */
import { DataError } from "../errors/index.js";
import { type Rgb, vocColour } from "./palette.js";
import type { Mask, Raster } from "./raster.js";

/** How an overlay looks. */
export interface OverlayOptions {
  /** Colour of each class index; missing ones are Pascal VOC's. */
  readonly colours?: readonly Rgb[];
  /** Share of the class colour in the blend, 0 (image only) to 1 (colour only). Default 0.5. */
  readonly opacity?: number;
  /** Draw a line of full class colour where classes meet. Default true. */
  readonly outlines?: boolean;
  /** Values that are left as the image is. Default `[255, 65535]`, the ignore values. */
  readonly transparent?: readonly number[];
}

/** The lowest and highest finite value, for showing types other than 8 bit. */
function valueRange(raster: Raster): [low: number, high: number] {
  if (raster.data instanceof Uint8Array) return [0, 255];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of raster.data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? [low, high] : [0, 1];
}

/** True where the pixel's right or lower neighbour has another value, so that a border is one pixel wide. */
function isBorder({ data, height, width }: Mask, y: number, x: number): boolean {
  const value = data[y * width + x];
  return (
    (x + 1 < width && data[y * width + x + 1] !== value) || (y + 1 < height && data[(y + 1) * width + x] !== value)
  );
}

/**
 * Blends an image with the colours of its mask: `opacity * colour + (1 - opacity) * image`, rounded, 8-bit RGB.
 *
 * Images of other types are stretched from their lowest to highest value; of more than three channels the first three are
 * shown, of fewer the first as grey.
 *
 * @throws DataError when mask and image differ in size.
 */
export function overlay(image: Raster, mask: Mask, options: OverlayOptions = {}): Raster {
  const { colours = [], opacity = 0.5, outlines = true, transparent = [255, 65535] } = options;
  const { height, width, channels } = image;
  if (mask.height !== height || mask.width !== width)
    throw new DataError({
      expected: `a mask of the image's size, ${height}x${width}`,
      found: `the mask is ${mask.height}x${mask.width}`,
    });
  const [low, high] = valueRange(image);
  const scale = 255 / (high - low);
  const out = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const index = mask.data[pixel]!;
      const colour = colours[index] ?? vocColour(index);
      const share = transparent.includes(index) ? 0 : outlines && isBorder(mask, y, x) ? 1 : opacity;
      for (let c = 0; c < 3; c++) {
        const value = (image.data[pixel * channels + (channels < 3 ? 0 : c)]! - low) * scale;
        out[3 * pixel + c] = Math.round(share * colour[c]! + (1 - share) * value);
      }
    }
  return { data: out, height, width, channels: 3 };
}

/** The mask as a picture of its class colours, 8-bit RGB. */
export function colourise({ data, height, width }: Mask, colours: readonly Rgb[] = []): Raster {
  const out = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) out.set(colours[data[i]!] ?? vocColour(data[i]!), 3 * i);
  return { data: out, height, width, channels: 3 };
}
