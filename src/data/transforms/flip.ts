/** @file Flips: the image mirrored left to right or top to bottom. */
import { z } from "zod";
import { defineTransform, probability, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Probability of a flip. */
  p: probability.default(0.5),
});

export const horizontalFlipKind = defineTransform("horizontalFlip", options, ({ p }) => ({
  type: "geometry",
  place: (frame, random) => (random.chance(p) ? { frame, map: [-1, 0, frame.width, 0, 1, 0] } : undefined),
}));

export const verticalFlipKind = defineTransform("verticalFlip", options, ({ p }) => ({
  type: "geometry",
  place: (frame, random) => (random.chance(p) ? { frame, map: [1, 0, 0, 0, -1, frame.height] } : undefined),
}));

/** Mirrors left to right with probability p. */
export function horizontalFlip(given: z.input<typeof options> = {}): Transform {
  return horizontalFlipKind.check(given);
}

/** Mirrors top to bottom with probability p. */
export function verticalFlip(given: z.input<typeof options> = {}): Transform {
  return verticalFlipKind.check(given);
}
