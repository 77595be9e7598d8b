/**
 * @file The PSPNet of meetps/pytorch-semseg (MIT), with its parameter names: the paper's network (Zhao et al. 2016,
 * https://arxiv.org/abs/1612.01105) and its ResNet that begins with three 3x3 convolutions.
 *
 *     image ─ convbnrelu1 128 ─ pool ─ res_block2 256 ─ res_block3 512 ─ res_block4 1024 ─ 3x3 256 ─ 1x1 ─ auxiliary logits
 *                                                          └ res_block5 2048
 *     res_block5 ─┬─────────────────────────────────────── 2048 ─┐
 *                 ├─ means of windows h/6 x w/6, 1x1 convolution ─ 512 ─┤
 *                 ├─ means of windows h/3 x w/3, 1x1 convolution ─ 512 ─┼─ concat ─ 3x3 512 ─ 1x1 ─ stretch ─ logits
 *                 ├─ means of windows h/2 x w/2, 1x1 convolution ─ 512 ─┤
 *                 └─ mean over the map, 1x1 convolution ───────── 512 ─┘                               stride 8
 *
 * The windows' sides are rounded down, so that there may be more than six of them: a map of 8 x 12 gives 8 x 6. In maps of
 * less than six rows or columns, of which the reference makes nothing, windows are single elements. The mean over the map
 * makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { type ConvNormOptions, convNormRelu } from "../../nn/blocks.js";
import { channelsOf } from "../../nn/conv.js";
import { dropout2d } from "../../nn/dropout.js";
import { torchDefault } from "../../nn/initializers.js";
import { maxPool2d } from "../../nn/pool.js";
import { equalWindowMeans, pyramidPooling } from "../../nn/pyramid-pooling.js";
import { type BlockNames, residualStage } from "../../nn/residual.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  layers: z
    .array(z.int().min(1))
    .length(4)
    .default([3, 4, 23, 3])
    .describe("residual blocks of each stage; 3,4,6,3 is ResNet-50"),
  width: z.int().min(1).default(64).describe("channels of the first convolution and of the first stage's blocks"),
  dropout: z.number().min(0).max(0.99).default(0.1).describe("rate of dropped channels in front of the scores"),
  aux: z.boolean().default(true).describe("whether training adds 0.4 of the loss of a head on the third stage's map"),
});

export type PspnetMeetpsOptions = z.output<typeof options>;

const bins = [6, 3, 2, 1];
const auxWeight = 0.4;

const blockNames: BlockNames = {
  branch: ["cbr1.cbr_unit", "cbr2.cbr_unit", "cb3.cb_unit"].map((unit) => [`${unit}.0`, `${unit}.1`] as const),
  shortcut: ["cb4.cb_unit.0", "cb4.cb_unit.1"],
};

/** Stride and dilation of the four stages. */
const stages = [
  { stride: 1, dilation: 1 },
  { stride: 2, dilation: 1 },
  { stride: 1, dilation: 2 },
  { stride: 1, dilation: 4 },
];

const unit = (scope: Scope, x: Value, options: ConvNormOptions): Value =>
  convNormRelu(scope.at("cbr_unit"), x, { initializer: torchDefault, names: [0, 1], ...options });

/** The maps behind the four stages. */
function encode(scope: Scope, image: Value, { layers, width }: PspnetMeetpsOptions): readonly Value[] {
  const first = unit(scope.at("convbnrelu1_1"), image, { outChannels: width, stride: 2 });
  const second = unit(scope.at("convbnrelu1_2"), first, { outChannels: width });
  const third = unit(scope.at("convbnrelu1_3"), second, { outChannels: 2 * width });
  let x = maxPool2d(scope, third, { kernel: 3, stride: 2, padding: 1 });
  return stages.map(({ stride, dilation }, i) => {
    x = residualStage(scope.at(`res_block${i + 2}`, "layers"), x, {
      block: "bottleneck",
      blocks: layers[i]!,
      width: width * 2 ** i,
      stride,
      dilation: () => dilation,
      names: blockNames,
      initializer: torchDefault,
    });
    return x;
  });
}

function build(scope: Scope, image: Value, numClasses: number, given: PspnetMeetpsOptions): NetworkOutputs {
  const { width } = given;
  const [, , third, last] = encode(scope, image, given) as [Value, Value, Value, Value];
  const score = (name: string, x: Value): Value => {
    const dropped = dropout2d(scope.at("dropout", name), x, given.dropout);
    const logits = torchConv2d(scope.at(name), dropped, { outChannels: numClasses, kernel: 1 });
    return resizeLike(scope, logits, image, { mode: "bilinear", alignCorners: true });
  };
  const branches = pyramidPooling(scope.at("pyramid_pooling", "path_module_list"), last, {
    bins,
    pool: equalWindowMeans,
    layer: (branch, means) => unit(branch, means, { outChannels: channelsOf(last) / bins.length, kernel: 1 }),
    alignCorners: true,
  });
  const all = scope.at("pyramid_pooling").run(() => Concat([last, ...branches], 1));
  const logits = score("classification", unit(scope.at("cbr_final"), all, { outChannels: 8 * width }));
  if (!given.aux || !scope.training) return { logits };
  const narrow = unit(scope.at("convbnrelu4_aux"), third, { outChannels: 4 * width });
  return { logits, aux: [{ logits: score("aux_cls", narrow), weight: auxWeight }] };
}

export const pspnetMeetps: Architecture<PspnetMeetpsOptions> = {
  name: "pspnet-meetps",
  title: "PSPNet over a dilated ResNet with a deep stem, after meetps",
  paper: "https://arxiv.org/abs/1612.01105",
  year: 2018,
  options,
  keepsSize: true,
  build,
};
