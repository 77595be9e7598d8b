/** @file Random scale: the image larger or smaller, its proportions kept. */
import { z } from "zod";
import { defineTransform, type Transform } from "./transform.js";

const options = z
  .strictObject({
    /** Bounds of the factor, drawn uniformly; above 0. */
    min: z.number().positive(),
    max: z.number().positive(),
  })
  .refine(({ min, max }) => min <= max, "min must not exceed max");

export const randomScaleKind = defineTransform("randomScale", options, ({ min, max }) => ({
  type: "geometry",
  place: (frame, random) => {
    const factor = random.between(min, max);
    const height = Math.max(1, Math.round(frame.height * factor));
    const width = Math.max(1, Math.round(frame.width * factor));
    return { frame: { height, width }, map: [frame.width / width, 0, 0, 0, frame.height / height, 0] };
  },
}));

/** Multiplies height and width by a factor from [min, max), rounded to whole pixels. */
export function randomScale(given: z.input<typeof options>): Transform {
  return randomScaleKind.check(given);
}
