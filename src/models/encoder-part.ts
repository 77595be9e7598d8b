/** @file What architectures over any encoder share: the options that concern it, and its feature maps with what is refused. */
import { z } from "zod";
import type { EncoderOptions, Features } from "../encoders/encoder.js";
import { findEncoder } from "../encoders/registry.js";
import { UsageError } from "../errors/index.js";
import type { Value } from "../graph/types.js";
import { normNames } from "../nn/conv-block.js";
import type { Scope } from "../nn/scope.js";

export const encoderOption = z.string().default("resnet34").describe("name of the encoder, see segkit encoders");

/** The depths of which every decoder knows what to do with the maps. */
export const depthOption = z.int().min(3).max(5).default(5).describe("halvings of the encoder that are used (3 to 5)");

export const dropoutRate = z.number().min(0).max(0.99);

export const interpolationOption = z.enum(["nearest", "nearest-exact", "bilinear", "bicubic"]);

export const decoderNormOption = z
  .enum(normNames)
  .default("batchnorm")
  .describe("norm between convolution and ReLU in the decoder");

export const decoderChannelsOption = z
  .array(z.int().min(1))
  .default([256, 128, 64, 32, 16])
  .describe("channels of the decoder's blocks from coarse to fine, as many as the depth");

export const auxWeightOption = z
  .number()
  .min(0)
  .default(0)
  .describe("weight of the loss of a head on the encoder's last but one map while training (0: none)");

/**
 * Refuses channels of decoder blocks that are more or fewer than the encoder's halvings.
 *
 * @throws UsageError when they are.
 */
export function requireChannels(depth: number, decoderChannels: readonly number[]): void {
  if (decoderChannels.length !== depth)
    throw new UsageError({
      expected: `${depth} numbers in decoderChannels, one for each halving`,
      found: `[${decoderChannels}]`,
      next: "Give both depth and decoderChannels.",
    });
}

export interface EncoderPart extends EncoderOptions {
  readonly encoder: string;
  readonly depth: number;
  /** The finest feature map that the decoder reads, by its index. */
  readonly finest: number;
  /** Name under which the encoder's parameters stand; `encoder` unless given. */
  readonly at?: string;
}

/**
 * The feature maps of `image` [N, C, H, W] by a named encoder.
 *
 * @throws UsageError for an unknown encoder, an output stride that it cannot have, or a map to be read that it does not have.
 * @throws ShapeError for an image that is too small for the encoder.
 */
export function encoderFeatures(scope: Scope, image: Value, part: EncoderPart): Features {
  const { encoder: name, depth, finest, outputStride = 32, at = "encoder" } = part;
  const encoder = findEncoder(name);
  const strides = encoder.outputStrides ?? [8, 16, 32];
  if (!strides.includes(outputStride))
    throw new UsageError({
      expected: `an output stride of ${strides.join(" or ")}, which ${name} can have`,
      found: `${outputStride}`,
      next: "Choose another outputStride or another encoder.",
    });
  const missing = encoder.channels.findIndex((channels, i) => channels === 0 && i + 1 >= finest && i < depth);
  if (missing >= 0)
    throw new UsageError({
      expected: `an encoder with a feature map at stride ${2 ** (missing + 1)}`,
      found: `${name}, whose maps begin later`,
      next: "Choose a larger depth or another encoder.",
    });
  return scope.state.perturbed(scope, encoder.build(scope.at(at), image, part));
}
