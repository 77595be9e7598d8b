/**
 * @file The DeepLab v3 of the contest system (CPones/Image-Segmentation-for-Semi-Supervised-Learning, PaddlePaddle): a
 * ResNet-50 with three further stages of 512 channels after DeepLab v3's cascade (Chen et al. 2017,
 * https://arxiv.org/abs/1706.05587), none of which strides, and in the pyramid the maxima of 3x3 windows where the paper takes the
 * mean. Parameter names are Paddle's attribute names.
 *
 *     image ─ layer0 64 ─ layer1 256 ─ layer2 512 ─ layer3 1024 ─ layer4 2048 ─ layer5 2048 ─ layer6 2048 ─ layer7 2048
 *     layer7 ─┬─ 1x1 ─────────────── 256 ─┐
 *             ├─ 3x3 dilated by 12 ─ 256 ─┤
 *             ├─ 3x3 dilated by 24 ─ 256 ─┼─ concat ─ 1x1 256 ─ 3x3 256 ─ 1x1 ─ stretch ─ logits                stride 4
 *             ├─ 3x3 dilated by 36 ─ 256 ─┤
 *             └─ maxima, 1x1 ─────── 256 ─┘
 *
 * Its author meant layers 4 to 7 to be dilated by 2, 4, 8 and 16 (`cascade`). Paddle makes something else of the code: only
 * the first block of each is dilated, by 1, 2, 4 and 8 (`executed`).
 */
import { z } from "zod";
import { AdaptiveMaxPool, Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { kaimingNormal } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { resnetTrunk, type TrunkStage, trunkOption, trunkWidthOption } from "../resnet-trunk.js";

const options = z.strictObject({
  encoder: trunkOption.default("resnet50"),
  width: trunkWidthOption,
  reading: z
    .enum(["executed", "cascade"])
    .default("executed")
    .describe("dilations of layers 4 to 7: as the code runs (executed) or as its author meant them (cascade)"),
  rates: z.array(z.int().min(1)).default([12, 24, 36]).describe("dilations of the pyramid's 3x3 convolutions"),
});

export type Deeplabv3ContestOptions = z.output<typeof options>;

/** Dilations of layers 4 to 7, of their first block and of the others. */
const dilations: Record<Deeplabv3ContestOptions["reading"], (stage: number) => readonly [number, number]> = {
  executed: (stage) => [2 ** (stage - 4), 1],
  cascade: (stage) => [2 ** (stage - 3), 2 ** (stage - 3)],
};

const stages = (reading: Deeplabv3ContestOptions["reading"]): readonly TrunkStage[] =>
  [1, 2, 3, 4, 5, 6, 7].map((stage) => {
    const [first, others] = stage < 4 ? [1, 1] : dilations[reading](stage);
    return { path: `layer${stage}`, stride: 1, dilation: (i) => (i === 0 ? first : others) };
  });

function pyramid(scope: Scope, x: Value, outChannels: number, rates: readonly number[]): Value {
  const common = { outChannels, bias: true, names: [0, 1] } as const;
  const branch = (i: number, ...names: string[]): Scope => scope.at("features", i, ...names);
  const point = convNormRelu(branch(0), x, { ...common, kernel: 1 });
  const atrous = rates.map((dilation, i) => convNormRelu(branch(i + 1, "asppconv"), x, { ...common, dilation }));
  const last = branch(rates.length + 1, "features");
  const maxima = last.run(() => AdaptiveMaxPool(x, [3, 3]));
  const spread = resizeLike(last, convNormRelu(last, maxima, { ...common, kernel: 1 }), x, { mode: "nearest" });
  const all = scope.run(() => Concat([point, ...atrous, spread], 1));
  return convNormRelu(scope.at("project"), all, { ...common, kernel: 1 });
}

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv3ContestOptions): Value {
  const { encoder, width, reading, rates } = given;
  const { maps } = resnetTrunk(scope, image, { encoder, width, stages: stages(reading), initializer: kaimingNormal });
  const head = scope.at("deeplabhead", "head");
  const joined = pyramid(head.at(0), maps.at(-1)!, 4 * width, rates);
  const y = convNormRelu(head, joined, { outChannels: 4 * width, bias: true, names: [1, 2] });
  const logits = conv2d(head.at(3), y, { outChannels: numClasses, kernel: 1 });
  return resizeLike(scope, logits, image, { mode: "bilinear", alignCorners: true });
}

export const deeplabv3Contest: Architecture<Deeplabv3ContestOptions> = {
  name: "deeplabv3-contest",
  title: "DeepLab v3 of the contest system: seven stages at stride 4",
  paper: "https://arxiv.org/abs/1706.05587",
  year: 2021,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
