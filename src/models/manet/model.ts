/**
 * @file MA-Net (Fan et al. 2020, https://ieeexplore.ieee.org/document/9201310) over any encoder, equal to `MAnet` of
 * segmentation_models.pytorch (MIT) and with its parameter names: a U-Net with attention over the positions of the coarsest
 * map, and over channels where maps are joined.
 *
 *     image ───────────────────────────────────── blocks.4  16 ─ segmentation_head 3x3 ─ logits    stride 1
 *       └ f1 ────────────────────────── fuse ─ blocks.3  32 ┘                                            2
 *           └ f2 ──────────────── fuse ─ blocks.2  64 ┘                                                  4
 *               └ f3 ─────── fuse ─ blocks.1  128 ┘                                                      8
 *                   └ f4 ─ fuse ─ blocks.0  256 ┘                                                       16
 *                       └ f5 ─ center: position attention ┘                                             32
 *
 * fuse = the coarse map convolved to the feature's channels, stretched, its channels weighed by both maps' gates, and the
 * feature beside it; a block ends with two 3x3 convolutions with BatchNorm and ReLU. The reference takes sizes that are
 * multiples of 2^depth; here any size goes that the encoder takes. Position attention needs memory for the square of the
 * number of positions: at depth 5 the fourth power of the image's side over 32.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { channelsOf } from "../../nn/conv.js";
import { convBlock } from "../../nn/conv-block.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import {
  decoderChannelsOption,
  decoderNormOption,
  depthOption,
  encoderFeatures,
  encoderOption,
  interpolationOption,
  requireChannels,
} from "../encoder-part.js";
import type { Architecture } from "../model.js";
import { fuseByAttention, positionAttention } from "./attention.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  decoderChannels: decoderChannelsOption,
  decoderNorm: decoderNormOption,
  attentionChannels: z.int().min(1).default(64).describe("channels of the maps that position attention multiplies"),
  interpolation: interpolationOption.default("nearest").describe("how the decoder stretches maps"),
});

export type ManetOptions = z.output<typeof options>;

/** How much narrower the channel gates are inside. */
const reduction = 16;

/** A decoder block up to `feature`, which is joined unless it is the image or has no channels. */
function block(
  scope: Scope,
  x: Value,
  feature: Value,
  joined: boolean,
  outChannels: number,
  given: ManetOptions,
): Value {
  const [norm, mode] = [given.decoderNorm, given.interpolation];
  const wide = joined
    ? fuseByAttention(scope, x, feature, { norm, mode, reduction })
    : resizeLike(scope, x, feature, { mode });
  const convolution = { outChannels, kernel: 3, norm } as const;
  return convBlock(scope.at("conv2"), convBlock(scope.at("conv1"), wide, convolution), convolution);
}

function build(scope: Scope, image: Value, numClasses: number, given: ManetOptions): Value {
  const { encoder, depth, decoderChannels, attentionChannels } = given;
  requireChannels(depth, decoderChannels);
  const features = encoderFeatures(scope, image, { encoder, depth, finest: depth });
  const decoder = scope.at("decoder");
  let x = positionAttention(decoder.at("center"), features[depth]!, attentionChannels);
  for (const [i, outChannels] of decoderChannels.entries()) {
    const level = depth - 1 - i;
    const feature = features[level]!;
    x = block(decoder.at("blocks", i), x, feature, level > 0 && channelsOf(feature) > 0, outChannels, given);
  }
  return segmentationHead(scope.at("segmentation_head"), x, image, { numClasses, kernel: 3 });
}

export const manet: Architecture<ManetOptions> = {
  name: "manet",
  title: "MA-Net: U-Net over an encoder with attention over positions and channels",
  paper: "https://ieeexplore.ieee.org/document/9201310",
  year: 2020,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
