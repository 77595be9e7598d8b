/** @file Greyscale: colours taken away, so that shapes and textures have to do. */
import { z } from "zod";
import { luma } from "./luma.js";
import { defineTransform, type FloatImage, probability, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Probability that the image is changed. */
  p: probability.default(0.2),
});

function greyImage({ data, channels }: FloatImage): void {
  const weights = channels === 3 ? luma : new Array<number>(channels).fill(1 / channels);
  for (let i = 0; i < data.length; i += channels) {
    let grey = 0;
    for (let c = 0; c < channels; c++) grey += weights[c]! * data[i + c]!;
    data.fill(grey, i, i + channels);
  }
}

export const grayscaleKind = defineTransform("grayscale", options, ({ p }) => ({
  type: "pixels",
  change: (image, random) => {
    if (random.chance(p) && image.channels > 1) greyImage(image);
  },
}));

/** Gives all channels of a pixel its luma (three channels, taken as RGB) or their mean; their number stays. */
export function grayscale(given: z.input<typeof options> = {}): Transform {
  return grayscaleKind.check(given);
}
