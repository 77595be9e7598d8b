/**
 * @file LinkNet (Chaurasia and Culurciello 2017, https://arxiv.org/abs/1707.03718) over any encoder, equal to `Linknet` of
 * segmentation_models.pytorch (MIT) and with its parameter names: narrow blocks go up, and the encoder's features are added.
 *
 *     image ─────────────────────────────────────── blocks.4  32 ─ segmentation_head 1x1 ─ logits    stride 1
 *       └ f1 ──────────────────────────── add ─ blocks.3  64 ┘                                             2
 *           └ f2 ────────────────── add ─ blocks.2  64 ┘                                                   4
 *               └ f3 ──────── add ─ blocks.1 128 ┘                                                         8
 *                   └ f4 ─ add ─ blocks.0 256 ┘                                                           16
 *                       └ f5 512 ┘                                                                        32
 *
 * block = 1x1 to a quarter of the channels, 4x4 transposed to twice the size, 1x1 to the channels of the feature to add; each
 * with BatchNorm and ReLU. Channels are those for resnet34. The reference takes sizes that are multiples of 2^depth; other
 * images are padded to one and the logits cropped. Where an encoder does not pad, maps are stretched to the features' sizes.
 */
import { z } from "zod";
import { findEncoder } from "../../encoders/registry.js";
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, convTranspose2d } from "../../nn/conv.js";
import { convBlock, namedNorm } from "../../nn/conv-block.js";
import { torchDefault, uniform } from "../../nn/initializers.js";
import { padToMultiple } from "../../nn/padding.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { decoderNormOption, depthOption, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  lastChannels: z.int().min(1).default(32).describe("channels in front of the head"),
  decoderNorm: decoderNormOption,
});

export type LinknetEncoderOptions = z.output<typeof options>;

/** Side of the transposed convolutions' kernels. */
const kernel = 4;

/** Twice the size, with its norm and ReLU: places 0 and 1. */
function stretchTwice(scope: Scope, x: Value, { decoderNorm }: LinknetEncoderOptions): Value {
  const outChannels = channelsOf(x);
  const y = convTranspose2d(scope.at(0), x, {
    outChannels,
    kernel,
    stride: 2,
    padding: 1,
    initializer: torchDefault,
    biasInitializer: uniform(1 / Math.sqrt(outChannels * kernel ** 2)),
  });
  return relu(scope, namedNorm(scope.at(1), y, decoderNorm));
}

function decoderBlock(scope: Scope, x: Value, outChannels: number, given: LinknetEncoderOptions): Value {
  const pointwise = { kernel: 1, norm: given.decoderNorm } as const;
  const narrow = convBlock(scope.at(0), x, { ...pointwise, outChannels: Math.floor(channelsOf(x) / 4) });
  return convBlock(scope.at(2), stretchTwice(scope.at(1), narrow, given), { ...pointwise, outChannels });
}

function build(scope: Scope, image: Value, numClasses: number, given: LinknetEncoderOptions): Value {
  const { encoder, depth, lastChannels } = given;
  const { unpadded = false } = findEncoder(encoder);
  const features = encoderFeatures(scope, image, { encoder, depth, finest: depth });
  let x = features[depth]!;
  for (let level = depth - 1; level >= 0; level--) {
    const at = scope.at("decoder", "blocks", depth - 1 - level);
    const feature = features[level]!;
    const joined = level > 0 && channelsOf(feature) > 0;
    const outChannels = level === 0 ? lastChannels : channelsOf(joined ? feature : x);
    const wide = decoderBlock(at.at("block"), x, outChannels, given);
    const fitted = unpadded ? resizeLike(at, wide, feature, { mode: "bilinear" }) : wide;
    x = joined ? at.run(() => Add(fitted, feature)) : fitted;
  }
  return segmentationHead(scope.at("segmentation_head"), x, image, { numClasses, kernel: 1 });
}

export const linknetEncoder: Architecture<LinknetEncoderOptions> = {
  name: "linknet-encoder",
  title: "LinkNet over an encoder: narrow blocks, features added",
  paper: "https://arxiv.org/abs/1707.03718",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 2 ** given.depth);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
