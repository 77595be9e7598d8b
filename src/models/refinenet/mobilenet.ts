/**
 * @file Light-Weight RefineNet over MobileNet v2 (Nekrasov et al. 2018, https://arxiv.org/abs/1810.03272; Sandler et al. 2018,
 * https://arxiv.org/abs/1801.04381) as in DrSleep/light-weight-refinenet, with its parameter names: maps of the same stride are
 * summed before they are refined.
 *
 *     image ─ layer1 32, layer2 16 ─ layer3 24 ─ conv3 1x1 256 ─ + ─ relu6 ─ CRP1 ─ segm 3x3 ─ stretch ─ logits       stride 4
 *                └ layer4 32 ─ conv4 1x1 256 ─ + ─ relu6 ─ CRP2 ─ conv_adapt2 ┘                                           8
 *                    └ layer5 64, layer6 96 ─ conv5 + conv6 ─ + ─ relu6 ─ CRP3 ─ conv_adapt3 ┘                           16
 *                        └ layer7 160, layer8 320 ─ conv7 + conv8 ─ relu6 ─ CRP4 ─ conv_adapt4 ┘                         32
 *
 *     CRP: x and four maps, each the one before pooled 5x5 and convolved 1x1, summed. What is added is stretched from the
 *     coarser level. Layers 2 to 8 are inverted residuals: 1x1 to six times the channels, depthwise 3x3, 1x1.
 */
import { z } from "zod";
import { Add, Relu6 } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNorm } from "../../nn/blocks.js";
import { channelsOf } from "../../nn/conv.js";
import { torchDefault } from "../../nn/initializers.js";
import { invertedResidual, sequenceNames } from "../../nn/inverted-residual.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import type { Architecture } from "../model.js";
import { chainedPooling, stretchLike } from "./cascade.js";

const options = z.strictObject({
  width: z.number().positive().default(1).describe("factor on the channels of MobileNet v2"),
  channels: z.int().min(1).default(256).describe("channels of every level of the decoder"),
});

export type RefinenetMobilenetOptions = z.output<typeof options>;

/** Channels, blocks, stride and expansion of layer2 to layer8. */
const stages = [
  { channels: 16, blocks: 1, stride: 1, expansion: 1 },
  { channels: 24, blocks: 2, stride: 2, expansion: 6 },
  { channels: 32, blocks: 3, stride: 2, expansion: 6 },
  { channels: 64, blocks: 4, stride: 2, expansion: 6 },
  { channels: 96, blocks: 3, stride: 1, expansion: 6 },
  { channels: 160, blocks: 3, stride: 2, expansion: 6 },
  { channels: 320, blocks: 1, stride: 1, expansion: 6 },
] as const;

const initializer = torchDefault;
const names = sequenceNames("output", { expansion: true, squeeze: false });

const relu6 = (scope: Scope, x: Value): Value => scope.run(() => Relu6(x));

interface BlockOptions {
  readonly outChannels: number;
  readonly expansion: number;
  readonly stride: 1 | 2;
}

function block(scope: Scope, x: Value, { outChannels, expansion, stride }: BlockOptions): Value {
  const expanded = channelsOf(x) * expansion;
  // The first block has its 1x1 convolution too, though it changes no channels.
  const first = { outChannels: expanded, kernel: 1, initializer, names: names.expand };
  const wide = expansion === 1 ? relu6(scope, convNorm(scope, x, first)) : x;
  return invertedResidual(scope, wide, {
    names,
    expanded,
    outChannels,
    kernel: 3,
    stride,
    dilation: 1,
    residual: expansion > 1 && stride === 1 && channelsOf(x) === outChannels,
    activation: Relu6,
    initializer,
  });
}

/** The maps behind layer1 to layer8, by their number. */
function encode(scope: Scope, image: Value, width: number): readonly Value[] {
  const wide = (channels: number): number => Math.max(1, Math.round(channels * width));
  const first = scope.at("layer1");
  const maps = [
    image,
    relu6(first, convNorm(first, image, { outChannels: wide(32), stride: 2, initializer, names: [0, 1] })),
  ];
  for (const { channels, blocks, stride, expansion } of stages) {
    const name = `layer${maps.length}`;
    let x = maps.at(-1)!;
    for (let i = 0; i < blocks; i++) {
      x = block(scope.at(name, i), x, { outChannels: wide(channels), expansion, stride: i === 0 ? stride : 1 });
    }
    maps.push(x);
  }
  return maps;
}

/** The layers whose maps each level of the decoder sums, from coarse to fine; levels count down. */
const levels = [
  { level: 4, layers: [8, 7] },
  { level: 3, layers: [5, 6] },
  { level: 2, layers: [4] },
  { level: 1, layers: [3] },
];

function build(scope: Scope, image: Value, numClasses: number, given: RefinenetMobilenetOptions): Value {
  const { width, channels } = given;
  const maps = encode(scope, image, width);
  const narrow = (name: string, x: Value): Value =>
    torchConv2d(scope.at(name), x, { outChannels: channels, kernel: 1, bias: false });
  let coarse: Value | undefined;
  for (const { level, layers } of levels) {
    const own = layers.map((i) => narrow(`conv${i}`, maps[i]!));
    const all = coarse ? [...own, stretchLike(scope, coarse, own[0]!)] : own;
    const joined = relu6(
      scope,
      scope.run(() => all.reduce((a, b) => Add(a, b))),
    );
    const pooled = chainedPooling(scope.at(`crp${level}`), joined, 1);
    coarse = level > 1 ? narrow(`conv_adapt${level}`, pooled) : pooled;
  }
  const logits = torchConv2d(scope.at("segm"), coarse!, { outChannels: numClasses, kernel: 3, padding: "same" });
  return resizeLike(scope, logits, image, { mode: "bilinear" });
}

export const refinenetMobilenet: Architecture<RefinenetMobilenetOptions> = {
  name: "refinenet-lw-mobilenet",
  title: "Light-Weight RefineNet over MobileNet v2",
  paper: "https://arxiv.org/abs/1810.03272",
  year: 2018,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
