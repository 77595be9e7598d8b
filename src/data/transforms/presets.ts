/** @file The transforms that training and evaluation use unless told otherwise. */
import { blur } from "./blur.js";
import { colorJitter } from "./color-jitter.js";
import { horizontalFlip, verticalFlip } from "./flip.js";
import type { Frame } from "./geometry.js";
import { grayscale } from "./grayscale.js";
import { noise } from "./noise.js";
import { normalize } from "./normalize.js";
import { randomCrop } from "./random-crop.js";
import { randomScale } from "./random-scale.js";
import { resize } from "./resize.js";
import type { Transform } from "./transform.js";

/** What training and evaluation must agree on. */
export interface EvalTransformOptions {
  /** Size of the network's input in pixels. */
  readonly size: Frame;
  /** Mean of each channel, or one for all, in units of the image's values. */
  readonly mean: readonly number[];
  /** Standard deviation, likewise. */
  readonly std: readonly number[];
  /** Bring images to `size` first (default). False: keep their own resolution, for images that are cut into tiles. */
  readonly resize?: boolean;
}

/** Options of {@link trainTransforms}. */
export interface TrainTransformOptions extends EvalTransformOptions {
  /** Bounds of the random scale; [1, 1] for none. Default [0.8, 1.25]. */
  readonly scale?: readonly [number, number];
  /** Mirror images left to right (default), both ways (views from above), or not at all. */
  readonly flip?: "horizontal" | "both" | "none";
  /** Strength of brightness, contrast and saturation changes, 0..1. Default 0.2. */
  readonly color?: number;
  /** Classes that a share `p` of the crops must hold a pixel of, where the image has one. */
  readonly rare?: { readonly classes: readonly number[]; readonly p: number };
}

/** Mean and standard deviation of ImageNet's photographs in 8-bit units, which most pretrained encoders expect. */
export const imagenetStatistics = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as const;

function prepared({ size, resize: wanted = true }: EvalTransformOptions): Transform[] {
  return wanted ? [resize({ height: size.height, width: size.width })] : [];
}

function normalized({ mean, std }: Pick<EvalTransformOptions, "mean" | "std">): Transform {
  return normalize({ mean: [mean[0]!, ...mean.slice(1)], std: [std[0]!, ...std.slice(1)] });
}

/** Random scale and flip, a crop of `size` padded with ignored pixels, light colour changes, normalisation. Modest on purpose. */
export function trainTransforms(options: TrainTransformOptions): Transform[] {
  const { size, scale: [min, max] = [0.8, 1.25], flip = "horizontal", color = 0.2, rare } = options;
  return [
    ...prepared(options),
    ...(min === 1 && max === 1 ? [] : [randomScale({ min, max })]),
    ...(flip === "none" ? [] : [horizontalFlip()]),
    ...(flip === "both" ? [verticalFlip()] : []),
    randomCrop({
      height: size.height,
      width: size.width,
      ...(rare ? { classes: [...rare.classes], p: rare.p } : {}),
    }),
    ...(color > 0 ? [colorJitter({ brightness: color, contrast: color, saturation: color })] : []),
    normalized(options),
  ];
}

/** The same preparation without chance: resize and normalise. */
export function evalTransforms(options: EvalTransformOptions): Transform[] {
  return [...prepared(options), normalized(options)];
}

/** Options of {@link strongTransforms}. */
export interface StrongTransformOptions extends Pick<EvalTransformOptions, "mean" | "std"> {
  /** Channels of the images. Default: as many as there are means. */
  readonly channels?: number;
}

/**
 * The strong view of consistency training, pixel steps alone: what the network says of the weak view must survive them.
 *
 * Colour images get UniMatch's (Yang et al. 2023, https://arxiv.org/abs/2208.09910): colour jitter, greyscale, blur. Others, whose
 * channels are no colours, get brightness, contrast, blur and noise.
 */
export function strongTransforms(options: StrongTransformOptions): Transform[] {
  const { mean, channels = mean.length } = options;
  const jitter = colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.25, p: 0.8 });
  const blurred = blur({ sigma: [0.1, 2], p: 0.5 });
  if (channels === 3) return [jitter, grayscale({ p: 0.2 }), blurred, normalized(options)];
  // Normalised channels have one scale, whatever they measure, so one strength of noise serves all of them.
  return [jitter, blurred, normalized(options), noise({ sigma: [0, 0.2], p: 0.5 })];
}
