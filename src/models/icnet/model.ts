/**
 * @file ICNet (Zhao et al. 2017, https://arxiv.org/abs/1704.08545) with the parameter names of meetps/pytorch-semseg (MIT):
 * the deep network sees a quarter of the image, a shallower part of it half, and three convolutions the whole.
 *
 *     image ─ sub1: 3 convolutions /2 each: 32, 32, 64 ───────────────────────── CFF 128 ─ x2 ─ 1x1 ─ stretch ─ logits   stride 8, 4
 *       └ 1/2 ─ sub2: 32/2, 32, 64 ─ pool ─ res2 128 ─ res3 256/2 ─ CFF 128 ─ x2 ┘ └ 1x1 ─ auxiliary logits                16, 8
 *                  └ 1/2 ─ sub4: res3 256 ─ res4 512 ─ res5 1024 ─ pyramid ─ 1x1 256 ─ x2 ┘ └ 1x1 ─ auxiliary logits         32, 16
 *
 * CFF = the lower map stretched, 3x3 dilated by 2, plus a 1x1 convolution of the higher one, ReLU. res = a stage of a ResNet-50
 * of half the width, of which sub2 and sub4 share res3; res4 and res5 dilate by 2 and 4. pyramid = sum of the map and of its
 * means over 6x6, 3x3, 2x2 and 1x1 windows, stretched back; `pyramid: "meetps"` takes that project's windows.
 * All stretching keeps the corners' centres. Where halvings round, maps are stretched to the size of what they join.
 *
 * Meetps runs the units of res3 a second time on sub4's 1x1 convolution and throws the result away, which spoils the running
 * statistics of their BatchNorms; here they run once.
 */
import { z } from "zod";
import { ShapeError } from "../../errors/index.js";
import { ceilDiv, type Dim } from "../../graph/dim.js";
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { type ConvNormOptions, convNorm, convNormRelu, relu } from "../../nn/blocks.js";
import { torchDefault as initializer } from "../../nn/initializers.js";
import { averagePool2d, maxPool2d, type Pool2dOptions } from "../../nn/pool.js";
import { equalWindowMeans, pyramidPooling } from "../../nn/pyramid-pooling.js";
import { type BlockNames, residualStage } from "../../nn/residual.js";
import { resizeLike, resizeTo } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  layers: z
    .array(z.int().min(1))
    .length(4)
    .default([3, 4, 6, 3])
    .describe("residual blocks of each stage, of ResNet-50 by default"),
  width: z.int().min(1).default(32).describe("channels of the first convolution and of the first stage's blocks"),
  pyramid: z
    .enum(["adaptive", "meetps"])
    .default("adaptive")
    .describe("windows of the means: equal parts of any map, or meetps/pytorch-semseg's for images of 1025x2049"),
  auxWeights: z
    .array(z.number().min(0))
    .length(2)
    .default([0.4, 0.16])
    .describe("weights of the losses of the heads behind the second and the last branch while training"),
});

export type IcnetOptions = z.output<typeof options>;

const bins = [6, 3, 2, 1];

/** The windows by which meetps' network predicts, for the map of 33x65 that images of 1025x2049 leave. */
const publishedWindows: { readonly [bins: number]: Pool2dOptions } = {
  6: { kernel: [8, 15], stride: [5, 10] },
  3: { kernel: [13, 25], stride: [10, 20] },
  2: { kernel: [17, 33], stride: [16, 32] },
  1: { kernel: [33, 65], stride: [33, 65] },
};

const stretch = { mode: "bilinear", alignCorners: true } as const;

const blockNames: BlockNames = {
  branch: ["cbr1.cbr_unit", "cbr2.cbr_unit", "cb3.cb_unit"].map((unit) => [`${unit}.0`, `${unit}.1`] as const),
  shortcut: ["cb4.cb_unit.0", "cb4.cb_unit.1"],
};

const unit = (scope: Scope, x: Value, settings: ConvNormOptions): Value =>
  convNormRelu(scope.at("cbr_unit"), x, { initializer, names: [0, 1], ...settings });

function half(scope: Scope, x: Value): Value {
  const [height, width] = x.shape.slice(2) as [Dim, Dim];
  return resizeTo(scope, x, [ceilDiv(height, 2), ceilDiv(width, 2)], stretch);
}

/** Refuses images that leave less than the largest published window. Symbolic sizes pass. */
function requirePublishedSize(scope: Scope, image: Value): void {
  const [height, width] = image.shape.slice(2) as [Dim, Dim];
  const below = (side: Dim, least: number): boolean => typeof side === "number" && side < least;
  if (below(height, 1025) || below(width, 2049))
    throw new ShapeError({
      layer: scope.path,
      expected: "an image of at least 1025x2049 pixels, for which meetps' windows are made",
      found: `${height}x${width}`,
      next: "Use the option pyramid=adaptive.",
    });
}

/** The map and its means over windows, stretched back, all added. */
function pyramidSum(scope: Scope, x: Value, image: Value, pyramid: IcnetOptions["pyramid"]): Value {
  const published = (y: Value, count: number): Value => averagePool2d(scope, y, publishedWindows[count]!);
  if (pyramid === "meetps" && !scope.training) requirePublishedSize(scope, image);
  const branches = pyramidPooling(scope, x, {
    bins,
    ...(pyramid === "meetps" && { pool: scope.training ? equalWindowMeans : published }),
    layer: (_, means) => means,
    alignCorners: true,
  });
  return scope.run(() => branches.reduce((sum, branch) => Add(sum, branch), x));
}

/** Cascade feature fusion: the lower map stretched to the size of the higher one (`wide`), and both `fused` to `outChannels`. */
function fuse(
  scope: Scope,
  low: Value,
  high: Value,
  outChannels: number,
): { readonly fused: Value; readonly wide: Value } {
  const wide = resizeLike(scope, low, high, stretch);
  const common = { outChannels, initializer, names: [0, 1] } as const;
  const lower = convNorm(scope.at("low_dilated_conv_bn", "cb_unit"), wide, { ...common, dilation: 2 });
  const higher = convNorm(scope.at("high_proj_conv_bn", "cb_unit"), high, { ...common, kernel: 1 });
  return {
    wide,
    fused: relu(
      scope,
      scope.run(() => Add(lower, higher)),
    ),
  };
}

function build(scope: Scope, image: Value, numClasses: number, given: IcnetOptions): NetworkOutputs {
  const { width, layers, auxWeights } = given;
  const stage = (name: string, x: Value, level: number, blocks: number, stride: number, dilation = 1): Value =>
    residualStage(scope.at(name, "layers"), x, {
      block: "bottleneck",
      blocks,
      width: width * 2 ** level,
      stride,
      dilation: () => dilation,
      names: blockNames,
      initializer,
    });

  let sub2 = unit(scope.at("convbnrelu1_1"), half(scope, image), { outChannels: width, stride: 2 });
  sub2 = unit(scope.at("convbnrelu1_2"), sub2, { outChannels: width });
  sub2 = unit(scope.at("convbnrelu1_3"), sub2, { outChannels: 2 * width });
  sub2 = maxPool2d(scope, sub2, { kernel: 3, stride: 2, padding: 1 });
  sub2 = stage("res_block2", sub2, 0, layers[0]!, 1);
  sub2 = stage("res_block3_conv", sub2, 1, 1, 2);

  let sub4 = stage("res_block3_identity", half(scope, sub2), 1, layers[1]! - 1, 1);
  sub4 = stage("res_block4", sub4, 2, layers[2]!, 1, 2);
  sub4 = stage("res_block5", sub4, 3, layers[3]!, 1, 4);
  sub4 = pyramidSum(scope.at("pyramid_pooling"), sub4, image, given.pyramid);
  sub4 = unit(scope.at("conv5_4_k1"), sub4, { outChannels: 8 * width, kernel: 1 });

  const first = unit(scope.at("convbnrelu1_sub1"), image, { outChannels: width, stride: 2 });
  const second = unit(scope.at("convbnrelu2_sub1"), first, { outChannels: width, stride: 2 });
  const sub1 = unit(scope.at("convbnrelu3_sub1"), second, { outChannels: 2 * width, stride: 2 });

  const score = (at: Scope, x: Value): Value =>
    resizeLike(at, torchConv2d(at, x, { outChannels: numClasses, kernel: 1 }), image, stretch);
  const [cff24, cff12] = [scope.at("cff_sub24"), scope.at("cff_sub12")];
  const sub24 = fuse(cff24, sub4, sub2, 4 * width);
  const sub12 = fuse(cff12, sub24.fused, sub1, 4 * width);
  const logits = score(scope.at("classification"), resizeLike(scope, sub12.fused, second, stretch));
  if (!scope.training) return { logits };
  const heads = [
    { at: cff12, wide: sub12.wide, weight: auxWeights[0]! },
    { at: cff24, wide: sub24.wide, weight: auxWeights[1]! },
  ].filter(({ weight }) => weight > 0);
  return {
    logits,
    aux: heads.map(({ at, wide, weight }) => ({ weight, logits: score(at.at("low_classifier_conv"), wide) })),
  };
}

export const icnet: Architecture<IcnetOptions> = {
  name: "icnet",
  title: "ICNet: a deep network for a quarter of the image, fused with shallow ones for the rest",
  paper: "https://arxiv.org/abs/1704.08545",
  year: 2017,
  options,
  keepsSize: true,
  build,
};
