/**
 * @file DeepLab v3+ (Chen et al. 2018, https://arxiv.org/abs/1802.02611) as in LiheYoung/UniMatch (MIT), the usual network of
 * semi-supervised segmentation, with its parameter names: plain 3x3 convolutions where the paper's are separable, and
 * ResNets that begin with three 3x3 convolutions. Channels are those of its backbones, ResNet-50, ResNet-101 and Xception-65.
 *
 *     image ─ backbone ─ c1 256 ─ reduce: 1x1 48 ─────────── concat ─ fuse: 3x3 256, 3x3 256 ─ classifier 1x1 ─ stretch ─ logits
 *                └ c4 2048 ─ head 256 ─ stretch to c1's size ──┘                                        stride 4
 *
 *     head: c4 ─┬─ b0: 1x1 ───────────────── 256 ─┐
 *               ├─ b1: 3x3 dilated by 6 ───── 256 ─┤
 *               ├─ b2: 3x3 dilated by 12 ──── 256 ─┼─ concat ─ project: 1x1 256                        stride 16
 *               ├─ b3: 3x3 dilated by 18 ──── 256 ─┤
 *               └─ b4: mean over the image, 1x1 ─ 256 ─┘
 *
 * The mean over the image makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { aspp } from "../../nn/aspp.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { torchDefault, uniform } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption.default("resnet50-deep-stem"),
  outputStride: z
    .literal([8, 16])
    .default(16)
    .describe("stride of the encoder's last map: 8 or 16; finer is slower and sharper"),
  channels: z.int().min(1).default(256).describe("channels of the pyramid's branches and of the decoder"),
  fineChannels: z.int().min(1).default(48).describe("channels to which the fine feature map is narrowed"),
  rates: z
    .array(z.int().min(1))
    .length(3)
    .default([6, 12, 18])
    .describe("dilations of the pyramid's three 3x3 convolutions"),
});

export type Deeplabv3plusUnimatchOptions = z.output<typeof options>;

const branchNames = ["b0", "b1", "b2", "b3", "b4.gap"];

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv3plusUnimatchOptions): Value {
  const { encoder, outputStride, channels, fineChannels, rates } = given;
  const part = { encoder, depth: 5, finest: 2, outputStride, firstDilation: "previous", at: "backbone" } as const;
  const features = encoderFeatures(scope, image, part);
  const [c1, c4] = [features[2]!, features[5]!];
  const stretch = (x: Value, like: Value): Value =>
    resizeLike(scope, x, like, { mode: "bilinear", alignCorners: true });
  const initializer = torchDefault;

  const pyramid = aspp(scope.at("head"), c4, { outChannels: channels, rates, dropout: 0, branchNames });
  const detail = { outChannels: fineChannels, kernel: 1, initializer, names: [0, 1] } as const;
  const reduced = convNormRelu(scope.at("reduce"), c1, detail);
  const joined = scope.run(() => Concat([reduced, stretch(pyramid, c1)], 1));

  const fuse = scope.at("fuse");
  const first = convNormRelu(fuse, joined, { outChannels: channels, initializer, names: [0, 1] });
  const fused = convNormRelu(fuse, first, { outChannels: channels, initializer, names: [3, 4] });
  const biasInitializer = uniform(1 / Math.sqrt(channels));
  const classifier = { outChannels: numClasses, kernel: 1, initializer, biasInitializer } as const;
  return stretch(conv2d(scope.at("classifier"), fused, classifier), image);
}

export const deeplabv3plusUnimatch: Architecture<Deeplabv3plusUnimatchOptions> = {
  name: "deeplabv3plus-unimatch",
  title: "DeepLab v3+ as in UniMatch: for semi-supervised training",
  paper: "https://arxiv.org/abs/2208.09910",
  year: 2022,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
