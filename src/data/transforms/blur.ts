/** @file Blur: a Gaussian of random width. */
import { z } from "zod";
import { defineTransform, type FloatImage, probability, range, type Transform } from "./transform.js";

const options = z.strictObject({
  /** Bounds of the Gaussian's standard deviation in pixels; drawn once an image. */
  sigma: range.refine(([low, high]) => low > 0 && high <= 50, "sigma must lie in (0, 50]"),
  /** Probability that the image is changed. */
  p: probability.default(0.5),
});

/** Weights of the offsets 0, 1, .., radius; with those of the negative offsets they sum to 1. */
function gaussian(sigma: number): Float64Array {
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, i) => Math.exp(-0.5 * (i / sigma) ** 2));
  const sum = weights.reduce((total, weight, i) => total + (i === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

/** Convolves along one axis of `[outer, length, inner]`; the border value is repeated outside. */
function smooth(from: Float32Array, to: Float32Array, weights: Float64Array, length: number, inner: number): void {
  const span = length * inner;
  for (let base = 0; base < from.length; base += span) {
    for (let at = 0; at < length; at++) {
      const here = base + at * inner;
      for (let i = 0; i < inner; i++) to[here + i] = weights[0]! * from[here + i]!;
      for (let k = 1; k < weights.length; k++) {
        const before = base + Math.max(at - k, 0) * inner;
        const after = base + Math.min(at + k, length - 1) * inner;
        for (let i = 0; i < inner; i++) to[here + i]! += weights[k]! * (from[before + i]! + from[after + i]!);
      }
    }
  }
}

function blurImage({ data, height, width, channels }: FloatImage, sigma: number): void {
  const weights = gaussian(sigma);
  const across = new Float32Array(data.length);
  smooth(data, across, weights, width, channels);
  smooth(across, data, weights, height, width * channels);
}

export const blurKind = defineTransform("blur", options, ({ sigma, p }) => ({
  type: "pixels",
  change: (image, random) => {
    if (random.chance(p)) blurImage(image, random.between(...sigma));
  },
}));

/** Blurs the image, not the mask. */
export function blur(given: z.input<typeof options>): Transform {
  return blurKind.check(given);
}
