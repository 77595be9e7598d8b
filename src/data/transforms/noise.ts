/** @file Noise: independent normal deviates added to every value. */
import { z } from "zod";
import { defineTransform, probability, range, type Transform, valueRange } from "./transform.js";

const options = z.strictObject({
  /** Bounds of the standard deviation, in units of the image's values (of 255 for 8-bit images); drawn once an image. */
  sigma: range.refine(([low]) => low >= 0, "sigma must not be negative"),
  /** Probability that the image is changed. */
  p: probability.default(0.5),
});

export const noiseKind = defineTransform("noise", options, ({ sigma, p }) => ({
  type: "pixels",
  change: (image, random) => {
    if (!random.chance(p)) return;
    const spread = random.between(...sigma);
    const { data } = image;
    const [bottom, top] = valueRange(image);
    // Box-Muller gives two deviates for two uniforms; `Random.normal` uses one of them, which is half as fast.
    for (let i = 0; i < data.length; i += 2) {
      const radius = spread * Math.sqrt(-2 * Math.log(1 - random.uniform()));
      const angle = 2 * Math.PI * random.uniform();
      data[i] = Math.min(Math.max(data[i]! + radius * Math.cos(angle), bottom), top);
      if (i + 1 < data.length) data[i + 1] = Math.min(Math.max(data[i + 1]! + radius * Math.sin(angle), bottom), top);
    }
  },
}));

/** Adds Gaussian noise to the image. */
export function noise(given: z.input<typeof options>): Transform {
  return noiseKind.check(given);
}
