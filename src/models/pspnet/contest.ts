/**
 * @file The PSPNet of the contest system (CPones/Image-Segmentation-for-Semi-Supervised-Learning, PaddlePaddle): the largest
 * values of windows where the paper (Zhao et al. 2016, https://arxiv.org/abs/1612.01105) takes means, branches without
 * activation, and a ResNet that is not dilated. Parameter names are Paddle's attribute names.
 *
 *     image ─ ResNet-50 2048 ─┬─────────────────────────────────────── 2048 ─┐
 *                             ├─ maxima of 1x1 windows, 1x1, BatchNorm ─ 512 ─┤
 *                             ├─ maxima of 2x2 windows, 1x1, BatchNorm ─ 512 ─┼─ concat ─ 3x3 512 ─ 1x1 ─ stretch ─ logits
 *                             ├─ maxima of 3x3 windows, 1x1, BatchNorm ─ 512 ─┤
 *                             └─ maxima of 6x6 windows, 1x1, BatchNorm ─ 512 ─┘                             stride 32
 *
 * The maximum over the image makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import { AdaptiveMaxPool, Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNorm, convNormRelu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { kaimingNormal } from "../../nn/initializers.js";
import { pyramidPooling } from "../../nn/pyramid-pooling.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { plainStages, resnetTrunk, trunkOption, trunkWidthOption } from "../resnet-trunk.js";

const options = z.strictObject({
  encoder: trunkOption.default("resnet50"),
  width: trunkWidthOption,
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout in front of the last convolution"),
});

export type PspnetContestOptions = z.output<typeof options>;

const bins = [1, 2, 3, 6];

function build(scope: Scope, image: Value, numClasses: number, given: PspnetContestOptions): Value {
  const { encoder, width, dropout: rate } = given;
  const { maps } = resnetTrunk(scope, image, { encoder, width, stages: plainStages, initializer: kaimingNormal });
  const last = maps.at(-1)!;
  const narrow = channelsOf(last) / bins.length;
  const branches = pyramidPooling(scope.at("pspmodule", "features"), last, {
    bins,
    pool: (x, count) => AdaptiveMaxPool(x, [count, count]),
    layer: (branch, maxima) => convNorm(branch, maxima, { outChannels: narrow, kernel: 1, bias: true, names: [1, 2] }),
    alignCorners: true,
  });
  const all = scope.at("pspmodule").run(() => Concat([last, ...branches], 1));
  const classifier = scope.at("classifier");
  const joined = convNormRelu(classifier, all, { outChannels: 8 * width, bias: true, names: [0, 1] });
  const dropped = dropout(classifier.at(2), joined, rate);
  const logits = conv2d(classifier.at(3), dropped, { outChannels: numClasses, kernel: 1 });
  return resizeLike(scope, logits, image, { mode: "bilinear", alignCorners: true });
}

export const pspnetContest: Architecture<PspnetContestOptions> = {
  name: "pspnet-contest",
  title: "PSPNet of the contest system: maxima of windows over a ResNet",
  paper: "https://arxiv.org/abs/1612.01105",
  year: 2021,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
