/** @file Random crop: a window of a fixed size, padded where the image is smaller. */
import { z } from "zod";
import type { Random } from "../../util/random.js";
import { defineTransform, type Transform } from "./transform.js";

const options = z
  .strictObject({
    /** Pixels of the window. */
    height: z.int().positive(),
    width: z.int().positive(),
    /**
     * Classes that windows are to hold a pixel of, with probability `p`; each of those in the image is as likely as the others.
     * As nnU-Net does for a third of its patches: Isensee et al. 2021, https://arxiv.org/abs/1904.08128
     */
    classes: z.array(z.int().min(0)).min(1).optional(),
    p: z.number().min(0).max(1).optional(),
  })
  .refine(({ classes, p }) => (classes === undefined) === (p === undefined), "classes and p go together");

/** First source position of the window, negative where there is padding before the image; all places are equally likely. */
function offset(size: number, window: number, random: Random): number {
  const slack = size - window;
  return slack >= 0 ? random.integer(slack + 1) : -random.integer(1 - slack);
}

/** The same, of the windows that hold a position. */
function offsetAround(position: number, size: number, window: number, random: Random): number {
  if (size <= window) return offset(size, window, random);
  const first = Math.max(0, Math.floor(position) - window + 1);
  return first + random.integer(Math.min(size - window, Math.floor(position)) - first + 1);
}

export const randomCropKind = defineTransform("randomCrop", options, ({ height, width, classes, p = 0 }) => ({
  type: "geometry",
  place: (frame, random, find) => {
    const point = classes && random.chance(p) ? find(classes, random) : undefined;
    const left = point ? offsetAround(point[0], frame.width, width, random) : offset(frame.width, width, random);
    const top = point ? offsetAround(point[1], frame.height, height, random) : offset(frame.height, height, random);
    return { frame: { height, width }, map: [1, 0, left, 0, 1, top] };
  },
}));

/** Cuts a window at a random place; where the image is smaller it lies at a random place in the window, ignored pixels around it. */
export function randomCrop(given: z.input<typeof options>): Transform {
  return randomCropKind.check(given);
}
