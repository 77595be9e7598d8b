/** @file Affine maps about the image's centre: rotation alone, or rotation, shift, scale and shear together. */
import { z } from "zod";
import { type Affine, about, compose, type Frame, invert } from "./geometry.js";
import { defineTransform, probability, range, symmetricRange, type Transform } from "./transform.js";

const rotation = z.strictObject({
  /** Bounds of the angle, counter-clockwise; one number r stands for [-r, r]. */
  degrees: symmetricRange,
  /** Probability that the image is rotated. */
  p: probability.default(1),
});

const general = z.strictObject({
  /** Bounds of the angle, counter-clockwise; one number r stands for [-r, r]. */
  degrees: symmetricRange.default([0, 0]),
  /** Largest shift along each axis as a share of the image's width and height. */
  translate: z.number().min(0).max(1).default(0),
  /** Bounds of the factor; above 1 enlarges what is seen. */
  scale: range.refine(([low]) => low > 0, "scale must be above 0").default([1, 1]),
  /** Bounds of the angle by which columns lean to the left. */
  shear: symmetricRange
    .refine(([low, high]) => low > -80 && high < 80, "shear must lie within 80 degrees")
    .default([0, 0]),
  /** Probability that the image is moved. */
  p: probability.default(1),
});

/** Scales and leans, then turns counter-clockwise on screen (y grows downwards, hence the signs), then shifts. */
function similarity(degrees: number, factor = 1, lean = 0, dx = 0, dy = 0): Affine {
  const radians = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return compose([factor, factor * lean, 0, 0, factor, 0], [cos, sin, dx, -sin, cos, dy]);
}

/** Placement in the same frame of a map that says where input points go. */
function moved(frame: Frame, forward: Affine): { frame: Frame; map: Affine } {
  return { frame, map: about(frame.width / 2, frame.height / 2, invert(forward)) };
}

export const rotateKind = defineTransform("rotate", rotation, ({ degrees: [low, high], p }) => ({
  type: "geometry",
  place: (frame, random) => (random.chance(p) ? moved(frame, similarity(random.between(low, high))) : undefined),
}));

export const affineKind = defineTransform("affine", general, ({ degrees, translate, scale, shear, p }) => ({
  type: "geometry",
  place: (frame, random) => {
    if (!random.chance(p)) return undefined;
    const angle = random.between(...degrees);
    const factor = random.between(...scale);
    const lean = Math.tan((random.between(...shear) * Math.PI) / 180);
    const dx = random.between(-translate, translate) * frame.width;
    const dy = random.between(-translate, translate) * frame.height;
    return moved(frame, similarity(angle, factor, lean, dx, dy));
  },
}));

/** Rotates by an angle from `degrees` about the centre; the frame keeps its size. */
export function rotate(given: z.input<typeof rotation>): Transform {
  return rotateKind.check(given);
}

/** Scales, leans, rotates and shifts about the centre; the frame keeps its size. */
export function affine(given: z.input<typeof general>): Transform {
  return affineKind.check(given);
}
