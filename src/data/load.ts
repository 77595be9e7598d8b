/** @file A sample's image and mask, from disk to memory. Runs in worker threads; needs nothing but the sample. */
import { DataError } from "../errors/index.js";
import type { Mask, Raster } from "../raster/raster.js";
import { readRaster } from "../raster/read.js";
import { readRawMask } from "../raster/read-mask.js";
import { type DecodedMask, decodeMask } from "./decode-mask.js";
import type { LoadedSample, Sample } from "./sample.js";
import { rasterise } from "./shapes.js";

function unlabelled({ decode }: Sample, { height, width }: Raster): Mask {
  const { ignoreIndex } = decode;
  const value = (decode.kind === "none" ? decode.fill : undefined) ?? ignoreIndex;
  const data = ignoreIndex === 255 ? new Uint8Array(height * width) : new Uint16Array(height * width);
  return { data: data.fill(value), height, width };
}

/**
 * The mask of a sample as class indices, and how many pixels did not fit.
 *
 * `undefined` for an unlabelled sample, whose mask has no size of its own.
 * @throws DataError when the file is unreadable.
 */
export async function loadMask({ mask, decode }: Sample): Promise<DecodedMask | undefined> {
  if (decode.kind === "none") return undefined;
  if (decode.kind === "shapes") return { mask: rasterise(decode), outOfRange: 0 };
  if (mask === undefined)
    throw new DataError({ expected: "a mask file for the sample", found: "the sample names none" });
  return decodeMask(await readRawMask(mask), decode);
}

/**
 * Loads one sample: the image as stored with the data set's channels, the mask as class indices.
 *
 * @throws DataError when a file is unreadable, the channels differ, or mask and image differ in size.
 */
export async function loadSample(sample: Sample): Promise<LoadedSample> {
  const [image, labels] = await Promise.all([
    readRaster(sample.image, { channels: sample.channels }),
    loadMask(sample),
  ]);
  if (!labels) return { image, mask: unlabelled(sample, image), outOfRange: 0 };
  const { mask, outOfRange } = labels;
  if (mask.height !== image.height || mask.width !== image.width)
    throw new DataError({
      file: sample.mask ?? sample.image,
      expected: `the size of its image ${sample.image}, ${image.height}x${image.width}`,
      found: `the mask is ${mask.height}x${mask.width}`,
      next: "Run segkit doctor on the data set; --fix writes a mended copy.",
    });
  return { image, mask, outOfRange };
}
