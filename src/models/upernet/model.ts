/**
 * @file UPerNet (Xiao et al. 2018, https://arxiv.org/abs/1807.10221) over any encoder, equal to `UPerNet` of
 * segmentation_models.pytorch (MIT) and with its parameter names: PSPNet's pyramid on the coarsest map of a feature pyramid.
 *
 *     image ─ encoder ─ c2 ─ 1x1 ─ + ─ p2 ─ 3x3 256 ────────── concat ─ 3x3 256 ─ 1x1 ─ stretch ─ logits    stride 4
 *                └ c3 ─ 1x1 ─ + ─┘ p3 ─ 3x3 256 ─ stretch ──┤                                                     8
 *                   └ c4 ─ 1x1 ─ + ─┘ p4 ─ 3x3 256 ─ stretch ┤                                                   16
 *                      └ c5 ─ psp ─┘ p5 256 ────────── stretch ┘                                                 32
 *
 * psp = means of 1x1, 2x2, 3x3 and 6x6 windows beside the map, joined by a 3x3 convolution; every convolution has BatchNorm
 * and ReLU, and c2 to c5 are normalised over their channels first. The reference takes sizes that are multiples of 2^depth;
 * here any size goes that the encoder takes. The mean over the image makes one value a channel, so training needs batches
 * of at least 2.
 */
import { z } from "zod";
import { Add, Concat, Transpose } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convBlock, type NormName } from "../../nn/conv-block.js";
import { layerNorm } from "../../nn/norm.js";
import { pyramidPooling } from "../../nn/pyramid-pooling.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { decoderNormOption, depthOption, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  channels: z.int().min(1).default(256).describe("channels of the decoder"),
  decoderNorm: decoderNormOption,
});

export type UpernetOptions = z.output<typeof options>;

const bilinear = { mode: "bilinear" } as const;

/** Normalization of every position of [N, C, H, W] over its channels. */
function channelNorm(scope: Scope, x: Value): Value {
  const last = scope.run(() => Transpose(x, [0, 2, 3, 1]));
  const normed = layerNorm(scope, last, { eps: 1e-6 });
  return scope.run(() => Transpose(normed, [0, 3, 1, 2]));
}

/** The pyramid on the coarsest map; the convolution that joins it has BatchNorm whatever the others have. */
function pyramid(scope: Scope, x: Value, outChannels: number, norm: NormName): Value {
  const branches = pyramidPooling(scope.at("blocks"), x, {
    bins: [1, 2, 3, 6],
    layer: (branch, means) => convBlock(branch.at(1), means, { outChannels, kernel: 1, norm }),
    alignCorners: false,
  });
  const all = scope.run(() => Concat([x, ...branches], 1));
  return convBlock(scope.at("out_conv"), all, { outChannels, kernel: 3, norm: "batchnorm" });
}

/** From fine to coarse features to one map in the size of the finest. */
function decode(scope: Scope, features: readonly Value[], { channels, decoderNorm }: UpernetOptions): Value {
  const normed = features.map((feature, i) => channelNorm(scope.at("feature_norms", i), feature));
  const convolve = (at: Scope, x: Value, kernel: 1 | 3): Value =>
    convBlock(at, x, { outChannels: channels, kernel, norm: decoderNorm });
  let p = pyramid(scope.at("psp"), normed.at(-1)!, channels, decoderNorm);
  const maps = [p];
  for (const [i, feature] of normed.slice(0, -1).reverse().entries()) {
    const at = scope.at("fpn_lateral_blocks", i);
    const lateral = convolve(at.at("conv_norm_relu"), feature, 1);
    const wide = resizeLike(at, p, lateral, bilinear);
    p = at.run(() => Add(wide, lateral));
    maps.push(convolve(scope.at("fpn_conv_blocks", i), p, 3));
  }
  const finest = maps.at(-1)!;
  const all = scope.run(() => Concat(maps.map((map) => resizeLike(scope, map, finest, bilinear)).reverse(), 1));
  return convolve(scope.at("fusion_block"), all, 3);
}

function build(scope: Scope, image: Value, numClasses: number, given: UpernetOptions): Value {
  const { encoder, depth } = given;
  const features = encoderFeatures(scope, image, { encoder, depth, finest: 2 });
  const decoded = decode(scope.at("decoder"), features.slice(2), given);
  return segmentationHead(scope.at("segmentation_head"), decoded, image, { numClasses, kernel: 1 });
}

export const upernet: Architecture<UpernetOptions> = {
  name: "upernet",
  title: "UPerNet: pyramid pooling and a feature pyramid over an encoder",
  paper: "https://arxiv.org/abs/1807.10221",
  year: 2018,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
