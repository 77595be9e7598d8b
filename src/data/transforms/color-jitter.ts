/**
 * @file Colour jitter: random brightness, contrast, saturation and hue, in this order.
 *
 * All four are affine in the channels (hue as a rotation of the two colour differences at constant luma), so they become one matrix
 * and one pass over the pixels. Values are clipped once, at the end, where torchvision's ColorJitter clips after every stage.
 */
import { z } from "zod";
import type { Random } from "../../util/random.js";
import { luma } from "./luma.js";
import { defineTransform, type FloatImage, probability, type Transform, valueRange } from "./transform.js";

const strength = z.number().min(0).max(1).default(0);
const options = z.strictObject({
  /** b: values are multiplied by a factor from [1-b, 1+b). */
  brightness: strength,
  /** c: the distance to the image's mean grey is multiplied by a factor from [1-c, 1+c). */
  contrast: strength,
  /** s: the distance to a pixel's own grey is multiplied by a factor from [1-s, 1+s). Three channels only. */
  saturation: strength,
  /** h: colours turn by up to h of the colour circle either way, at most 0.5. Three channels only. */
  hue: z.number().min(0).max(0.5).default(0),
  /** Probability that the image is changed. */
  p: probability.default(1),
});

/** Three numbers, one for each of red, green and blue. */
type Rgb = readonly [number, number, number];

/** A linear map of colours; row r makes channel r of the result. */
type ColorMatrix = readonly [Rgb, Rgb, Rgb];

const dot = (p: Rgb, q: Rgb): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];

/** The matrix of a linear map, from the colours it makes of pure red, green and blue. */
function matrixOf(map: (color: Rgb) => Rgb): ColorMatrix {
  const [red, green, blue] = [map([1, 0, 0]), map([0, 1, 0]), map([0, 0, 1])];
  return [
    [red[0], green[0], blue[0]],
    [red[1], green[1], blue[1]],
    [red[2], green[2], blue[2]],
  ];
}

/** Blends a colour with its own grey: `s·x + (1-s)·grey`. */
function saturate(color: Rgb, s: number): Rgb {
  const rest = (1 - s) * dot(luma, color);
  return [s * color[0] + rest, s * color[1] + rest, s * color[2] + rest];
}

/** Turns the differences blue-grey and red-grey, in the proportions of YUV, by a share of the circle. */
function turnHue(color: Rgb, turns: number): Rgb {
  const [cos, sin] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
  const grey = dot(luma, color);
  const u = 0.492 * (color[2] - grey);
  const v = 0.877 * (color[0] - grey);
  const red = grey + (sin * u + cos * v) / 0.877;
  const blue = grey + (cos * u - sin * v) / 0.492;
  return [red, (grey - luma[0] * red - luma[2] * blue) / luma[1], blue];
}

/** Mean of each channel. */
function channelMeans({ data, channels }: FloatImage): number[] {
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    for (let i = c; i < data.length; i += channels) sum += data[i]!;
    return (sum * channels) / data.length;
  });
}

/** `matrix·x + shift` for every pixel x. */
function applyRgb(image: FloatImage, matrix: ColorMatrix, shift: number): void {
  const { data } = image;
  const [bottom, top] = valueRange(image);
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = matrix;
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i]!;
    const g = data[i + 1]!;
    const b = data[i + 2]!;
    data[i] = Math.min(Math.max(rr * r + rg * g + rb * b + shift, bottom), top);
    data[i + 1] = Math.min(Math.max(gr * r + gg * g + gb * b + shift, bottom), top);
    data[i + 2] = Math.min(Math.max(br * r + bg * g + bb * b + shift, bottom), top);
  }
}

/** Brightness and contrast for any number of channels; each channel keeps its own mean as the centre of contrast. */
function applyChannels(image: FloatImage, gain: number, contrast: number, means: readonly number[]): void {
  const { data, channels } = image;
  const [bottom, top] = valueRange(image);
  for (let c = 0; c < channels; c++) {
    const shift = gain * (1 - contrast) * means[c]!;
    for (let i = c; i < data.length; i += channels)
      data[i] = Math.min(Math.max(gain * contrast * data[i]! + shift, bottom), top);
  }
}

function around1(amount: number, random: Random): number {
  return random.between(1 - amount, 1 + amount);
}

export const colorJitterKind = defineTransform("colorJitter", options, (bounds) => ({
  type: "pixels",
  change: (image, random) => {
    if (!random.chance(bounds.p)) return;
    const gain = around1(bounds.brightness, random);
    const contrast = around1(bounds.contrast, random);
    const saturation = around1(bounds.saturation, random);
    const hue = random.between(-bounds.hue, bounds.hue);
    const means = bounds.contrast > 0 ? channelMeans(image) : new Array<number>(image.channels).fill(0);
    if (image.channels !== 3) return applyChannels(image, gain, contrast, means);
    // Saturation and hue keep grey values grey, so the constant that contrast adds passes through them unchanged.
    const grey = gain * dot(luma, [means[0]!, means[1]!, means[2]!]);
    const one = gain * contrast;
    const matrix = matrixOf(([r, g, b]) => turnHue(saturate([one * r, one * g, one * b], saturation), hue));
    applyRgb(image, matrix, (1 - contrast) * grey);
  },
}));

/** Changes brightness and contrast, and for three channels (taken as RGB) saturation and hue. */
export function colorJitter(given: z.input<typeof options>): Transform {
  return colorJitterKind.check(given);
}
