/** @file Resize: every image to the same height and width, whatever its shape. */
import { z } from "zod";
import { defineTransform, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Pixels of the result. */
  height: z.int().positive(),
  width: z.int().positive(),
});

export const resizeKind = defineTransform("resize", options, ({ height, width }) => ({
  type: "geometry",
  place: (frame) => ({
    frame: { height, width },
    map: [frame.width / width, 0, 0, 0, frame.height / height, 0],
  }),
}));

/** Stretches or shrinks to `height` by `width`. Images: linear, averaging where they shrink; masks: nearest. */
export function resize(given: z.input<typeof options>): Transform {
  return resizeKind.check(given);
}
