/**
 * @file The PSPNet of zijundeng/pytorch-semantic-segmentation (MIT), with its parameter names: the paper's network (Zhao et
 * al. 2016, https://arxiv.org/abs/1612.01105) with a 1x1 convolution as auxiliary head. The new norms' running statistics
 * are nearly the last batch's (momentum 0.95), as there.
 *
 *     image ─ layer0 to layer3 1024 ─ aux_logits 1x1 ─ stretch ─ auxiliary logits
 *                └ layer4 2048 ─┬──────────────────────────────────── 2048 ─┐
 *                               ├─ means of 1x1 windows, 1x1 convolution ─ 512 ─┤
 *                               ├─ means of 2x2 windows, 1x1 convolution ─ 512 ─┼─ concat ─ 3x3 512 ─ 1x1 ─ stretch ─ logits
 *                               ├─ means of 3x3 windows, 1x1 convolution ─ 512 ─┤
 *                               └─ means of 6x6 windows, 1x1 convolution ─ 512 ─┘                            stride 8
 *
 * The mean over the image makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { type ConvNormOptions, convNormRelu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { pyramidPooling } from "../../nn/pyramid-pooling.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture, NetworkOutputs } from "../model.js";
import { dilatedStages, resnetTrunk, trunkOption, trunkWidthOption } from "../resnet-trunk.js";

const options = z.strictObject({
  encoder: trunkOption.default("resnet101"),
  width: trunkWidthOption,
  dropout: z.number().min(0).max(0.99).default(0.1).describe("dropout in front of the last convolution"),
  aux: z
    .boolean()
    .default(true)
    .describe("whether training adds 0.4 of the loss of a head on the encoder's fourth map"),
  alignCorners: z
    .boolean()
    .default(true)
    .describe("whether stretching keeps the corner pixels' centres, as in the PyTorch 0.2 of the project's time"),
});

export type PspnetZijundengOptions = z.output<typeof options>;

const bins = [1, 2, 3, 6];
const auxWeight = 0.4;
const norm = { momentum: 0.95 };

function build(scope: Scope, image: Value, numClasses: number, given: PspnetZijundengOptions): NetworkOutputs {
  const { encoder, width, aux, alignCorners } = given;
  const { maps } = resnetTrunk(scope, image, { encoder, width, stages: dilatedStages });
  const [, , third, last] = maps as [Value, Value, Value, Value];
  const stretch = (x: Value): Value => resizeLike(scope, x, image, { mode: "bilinear", alignCorners });
  const score = (at: Scope, x: Value): Value => stretch(conv2d(at, x, { outChannels: numClasses, kernel: 1 }));

  const narrow: ConvNormOptions = {
    outChannels: channelsOf(last) / bins.length,
    kernel: 1,
    names: [1, 2],
    norm,
  };
  const branches = pyramidPooling(scope.at("ppm", "features"), last, {
    bins,
    layer: (branch, means) => convNormRelu(branch, means, narrow),
    alignCorners,
  });
  const all = scope.at("ppm").run(() => Concat([last, ...branches], 1));
  const final = scope.at("final");
  const joined = convNormRelu(final, all, { outChannels: 8 * width, names: [0, 1], norm });
  const logits = score(final.at(4), dropout(final.at(3), joined, given.dropout));
  if (!aux || !scope.training) return { logits };
  return { logits, aux: [{ logits: score(scope.at("aux_logits"), third), weight: auxWeight }] };
}

export const pspnetZijundeng: Architecture<PspnetZijundengOptions> = {
  name: "pspnet-zijundeng",
  title: "PSPNet over a dilated ResNet with an auxiliary head, after zijundeng",
  paper: "https://arxiv.org/abs/1612.01105",
  year: 2017,
  options,
  keepsSize: true,
  build,
};
