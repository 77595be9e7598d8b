/**
 * @file DUC-HDC (Wang et al. 2017, Understanding Convolution for Semantic Segmentation, https://arxiv.org/abs/1702.08502) after
 * zijundeng/pytorch-semantic-segmentation (MIT), with its parameter names. Dense upsampling convolution: each place of the
 * last map predicts all 8x8 pixels under it. Hybrid dilated convolution: the dilations of neighbouring blocks differ, so
 * that together they read every pixel (gridding.ts).
 *
 *     image ─ layer0 64 ─ layer1 256 ─ layer2 512 ─ layer3 1024 ─ layer4 2048 ─ 3x3 64*numClasses, BatchNorm, ReLU ─ shuffle ─ logits
 *     stride       4           4            8             8             8                                             1
 *     dilation                              1      2 | 1,2,5,9    4 | 5,9,17
 *
 * Logits are not negative, because the ReLU stands behind the scores, as in the reference. The image is padded to a
 * multiple of 8 inside, and the logits are cropped back.
 */
import { z } from "zod";
import { PixelShuffle } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { batchNorm2d } from "../../nn/norm.js";
import { padToMultiple } from "../../nn/padding.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import type { Architecture } from "../model.js";
import { dilatedStages, resnetTrunk, type TrunkStage, trunkOption, trunkWidthOption } from "../resnet-trunk.js";

const options = z.strictObject({
  encoder: trunkOption.default("resnet152"),
  width: trunkWidthOption,
  hdc: z
    .boolean()
    .default(true)
    .describe("whether the dilations of neighbouring blocks differ (hybrid dilated convolution); 2 and 4 otherwise"),
});

export type DucOptions = z.output<typeof options>;

const factor = 8;

/** Dilations of the blocks of layer3 and layer4, taken in turn. */
export const hybridDilations = { layer3: [1, 2, 5, 9], layer4: [5, 9, 17] } as const;

const hybridStages: readonly TrunkStage[] = dilatedStages.map((stage) => {
  const rates = Object.entries(hybridDilations).find(([path]) => path === stage.path)?.[1];
  return rates ? { ...stage, dilation: (i) => rates[i % rates.length]! } : stage;
});

function build(scope: Scope, image: Value, numClasses: number, { encoder, width, hdc }: DucOptions): Value {
  const { padded, crop } = padToMultiple(scope, image, factor);
  const { maps } = resnetTrunk(scope, padded, { encoder, width, stages: hdc ? hybridStages : dilatedStages });
  const duc = scope.at("duc");
  const outChannels = numClasses * factor ** 2;
  const pixels = torchConv2d(duc.at("conv"), maps.at(-1)!, { outChannels, kernel: 3, padding: "same" });
  const scores = relu(duc, batchNorm2d(duc.at("bn"), pixels));
  return crop(duc.run(() => PixelShuffle(scores, factor)));
}

export const duc: Architecture<DucOptions> = {
  name: "duc",
  title: "DUC-HDC: mixed dilations, and scores for 8x8 pixels at each place",
  paper: "https://arxiv.org/abs/1702.08502",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
