/** @file Normalise: `(x - mean) / std` for each channel. */
import { z } from "zod";
import { DataError } from "../../errors/index.js";
import { defineTransform, type Transform } from "./transform.js";

const options = z
  .strictObject({
    /** One number a channel, or one for all, in units of the image's values (of 255 for 8-bit images). */
    mean: z.array(z.number()).nonempty(),
    /** Like `mean`; above 0. */
    std: z.array(z.number().positive()).nonempty(),
  })
  .refine(({ mean, std }) => mean.length === std.length, "mean and std must have the same length");

export const normalizeKind = defineTransform("normalize", options, ({ mean, std }) => ({
  type: "pixels",
  zero: mean,
  change: (image) => {
    const { data, channels } = image;
    if (mean.length !== 1 && mean.length !== channels)
      throw new DataError({
        found: `the image has ${channels} channels`,
        expected: `${mean.length} channels, as normalize has that many means`,
        next: "Give one mean and one std for each channel of the data set.",
      });
    for (let c = 0; c < channels; c++) {
      const factor = 1 / std[c % std.length]!;
      const centre = mean[c % mean.length]!;
      for (let i = c; i < data.length; i += channels) data[i] = (data[i]! - centre) * factor;
    }
    // The values are no longer those of an 8- or 16-bit image: later colour steps must not clip them.
    image.white = undefined;
  },
}));

/** Subtracts `mean` and divides by `std`, the data set's or given ones (those of pretrained weights). */
export function normalize(given: z.input<typeof options>): Transform {
  return normalizeKind.check(given);
}
