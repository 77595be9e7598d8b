/** @file Random crop: a window of a fixed size, padded where the image is smaller. */
import { z } from "zod";
import type { Random } from "../../util/random.js";
import { defineTransform, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Pixels of the window. */
  height: z.int().positive(),
  width: z.int().positive(),
});

/** First source position of the window, negative where there is padding before the image; all places are equally likely. */
function offset(size: number, window: number, random: Random): number {
  const slack = size - window;
  return slack >= 0 ? random.integer(slack + 1) : -random.integer(1 - slack);
}

export const randomCropKind = defineTransform("randomCrop", options, ({ height, width }) => ({
  type: "geometry",
  place: (frame, random) => ({
    frame: { height, width },
    map: [1, 0, offset(frame.width, width, random), 0, 1, offset(frame.height, height, random)],
  }),
}));

/** Cuts a window at a random place; where the image is smaller it lies at a random place in the window, ignored pixels around it. */
export function randomCrop(given: z.input<typeof options>): Transform {
  return randomCropKind.check(given);
}
