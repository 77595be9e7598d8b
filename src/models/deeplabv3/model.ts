/**
 * @file DeepLab v3 (Chen et al. 2017, https://arxiv.org/abs/1706.05587) over any encoder, equal to `DeepLabV3` of
 * segmentation_models.pytorch (MIT) and with its parameter names; the paper's multi-grid and an auxiliary head for training
 * can be added. Channels are those for resnet50.
 *
 *     image ─ encoder ─ f4 1024 ─ aux_head ─ stretch ─ auxiliary logits                      stride 8
 *                └ f5 2048 ─┬─ 1x1 ─────────────── 256 ─┐
 *                           ├─ 3x3 dilated by 12 ─ 256 ─┤
 *                           ├─ 3x3 dilated by 24 ─ 256 ─┼─ concat ─ 1x1 256 ─ 3x3 256 ─ 1x1 ─ stretch ─ logits
 *                           ├─ 3x3 dilated by 36 ─ 256 ─┤
 *                           └─ mean, 1x1 ───────── 256 ─┘
 *
 * The reference takes sizes that are multiples of the output stride; here any size goes that the encoder takes. The mean
 * over the image makes one value a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { aspp } from "../../nn/aspp.js";
import { convNormRelu } from "../../nn/blocks.js";
import { fcnHead } from "../../nn/fcn-head.js";
import { torchDefault, uniform } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { auxWeightOption, depthOption, dropoutRate, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  outputStride: z
    .literal([8, 16])
    .default(8)
    .describe("stride of the encoder's last map: 8 or 16; finer is slower and sharper"),
  multiGrid: z
    .array(z.int().min(1))
    .default([1])
    .describe("factors on the dilations of the last stage's blocks, 1,2,4 in the paper"),
  channels: z.int().min(1).default(256).describe("channels of the pyramid's branches and of the convolution behind it"),
  rates: z.array(z.int().min(1)).default([12, 24, 36]).describe("dilations of the pyramid's 3x3 convolutions"),
  separable: z.boolean().default(false).describe("whether the pyramid's 3x3 convolutions are depthwise separable"),
  dropout: dropoutRate.default(0.5).describe("dropout behind the pyramid"),
  auxWeight: auxWeightOption,
  auxDropout: dropoutRate.default(0.1).describe("dropout inside the auxiliary head"),
});

export type Deeplabv3Options = z.output<typeof options>;

function decode(scope: Scope, last: Value, { channels, rates, separable, dropout }: Deeplabv3Options): Value {
  const pyramid = aspp(scope.at("aspp"), last, { outChannels: channels, rates, separable, dropout });
  return convNormRelu(scope, pyramid, { outChannels: channels, initializer: torchDefault });
}

function build(scope: Scope, image: Value, numClasses: number, given: Deeplabv3Options): NetworkOutputs {
  const { depth, channels, auxWeight, auxDropout } = given;
  // A grid of (1) is none, which encoders without blocks take too.
  const multiGrid = given.multiGrid.some((factor) => factor !== 1) ? given.multiGrid : undefined;
  const part = {
    encoder: given.encoder,
    depth,
    outputStride: given.outputStride,
    finest: auxWeight > 0 ? depth - 1 : depth,
  };
  const features = encoderFeatures(scope, image, { ...part, ...(multiGrid && { multiGrid }) });
  const head = {
    numClasses,
    kernel: 1,
    initializer: torchDefault,
    biasInitializer: uniform(1 / Math.sqrt(channels)),
  } as const;
  const decoded = decode(scope.at("decoder"), features[depth]!, given);
  const logits = segmentationHead(scope.at("segmentation_head"), decoded, image, head);
  if (auxWeight === 0 || !scope.training) return { logits };
  const aux = fcnHead(scope.at("aux_head"), features[depth - 1]!, numClasses, auxDropout);
  return { logits, aux: [{ logits: resizeLike(scope, aux, image, { mode: "bilinear" }), weight: auxWeight }] };
}

export const deeplabv3: Architecture<Deeplabv3Options> = {
  name: "deeplabv3",
  title: "DeepLab v3: atrous pyramid over a dilated encoder",
  paper: "https://arxiv.org/abs/1706.05587",
  year: 2017,
  options,
  keepsSize: true,
  build,
};
