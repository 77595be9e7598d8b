/**
 * @file DeepLab v3+ (Chen et al. 2018, https://arxiv.org/abs/1802.02611) over any encoder, equal to `DeepLabV3Plus` of
 * segmentation_models.pytorch (MIT) and with its parameter names: DeepLab v3's pyramid with separable convolutions, joined
 * with a fine feature map. Channels are those for resnet50.
 *
 *     image ─ encoder ─ f2 256 ─ block1: 1x1 48 ──────────── concat ─ block2: 3x3 256 ─ 1x1 ─ stretch ─ logits   stride 4
 *                └ f5 2048 ─ aspp 256 ─ 3x3 256 ─ stretch ──┘                                                   16
 *
 * aspp = 1x1, three dilated 3x3 (12, 24, 36) and the mean over the image, side by side, joined by a 1x1 convolution; every
 * 3x3 convolution is depthwise separable. The reference takes sizes that are multiples of the output stride; here any size
 * goes that the encoder takes. The mean over the image makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { aspp } from "../../nn/aspp.js";
import { convNormRelu, relu } from "../../nn/blocks.js";
import { torchDefault, uniform } from "../../nn/initializers.js";
import { batchNorm2d } from "../../nn/norm.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { separableConv2d } from "../../nn/separable-conv.js";
import { depthOption, dropoutRate, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  outputStride: z
    .literal([8, 16])
    .default(16)
    .describe("stride of the encoder's last map: 8 or 16; finer is slower and sharper"),
  channels: z.int().min(1).default(256).describe("channels of the pyramid's branches and of the decoder"),
  fineChannels: z.int().min(1).default(48).describe("channels to which the fine feature map is narrowed"),
  rates: z.array(z.int().min(1)).default([12, 24, 36]).describe("dilations of the pyramid's 3x3 convolutions"),
  separable: z.boolean().default(true).describe("whether the pyramid's 3x3 convolutions are depthwise separable"),
  dropout: dropoutRate.default(0.5).describe("dropout behind the pyramid"),
});

export type Deeplabv3plusOptions = z.output<typeof options>;

/** Separable 3x3 convolution at a place of a sequence, its BatchNorm at the next, and ReLU. */
function separableBlock(scope: Scope, x: Value, outChannels: number, place: number): Value {
  const y = separableConv2d(scope.at(place), x, { outChannels, initializer: torchDefault });
  return relu(scope, batchNorm2d(scope.at(place + 1), y));
}

function decode(scope: Scope, fine: Value, last: Value, given: Deeplabv3plusOptions): Value {
  const { channels, fineChannels, rates, separable, dropout } = given;
  const coarse = scope.at("aspp");
  const pyramid = aspp(coarse.at(0), last, { outChannels: channels, rates, separable, dropout });
  const smoothed = separableBlock(coarse, pyramid, channels, 1);
  const narrow = { outChannels: fineChannels, kernel: 1, initializer: torchDefault, names: [0, 1] } as const;
  const detail = convNormRelu(scope.at("block1"), fine, narrow);
  const wide = resizeLike(scope.at("up"), smoothed, fine, { mode: "bilinear", alignCorners: true });
  const both = scope.run(() => Concat([wide, detail], 1));
  return separableBlock(scope.at("block2"), both, channels, 0);
}

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv3plusOptions): Value {
  const { encoder, depth, outputStride, channels } = given;
  const features = encoderFeatures(scope, image, { encoder, depth, outputStride, finest: 2 });
  const decoded = decode(scope.at("decoder"), features[2]!, features[depth]!, given);
  return segmentationHead(scope.at("segmentation_head"), decoded, image, {
    numClasses,
    kernel: 1,
    initializer: torchDefault,
    biasInitializer: uniform(1 / Math.sqrt(channels)),
  });
}

export const deeplabv3plus: Architecture<Deeplabv3plusOptions> = {
  name: "deeplabv3plus",
  title: "DeepLab v3+: atrous pyramid, separable convolutions, fine details",
  paper: "https://arxiv.org/abs/1802.02611",
  year: 2018,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
