/**
 * @file PSPNet (Zhao et al. 2016, https://arxiv.org/abs/1612.01105) over any encoder, equal to `PSPNet` of
 * segmentation_models.pytorch (MIT) and with its parameter names: it reads the encoder's third map; with depth 5 and output
 * stride 8 it is the paper's network. Channels are those for resnet34.
 *
 *     image ─ encoder ─ f2 64 ─ aux_head ─ stretch ─ auxiliary logits                                  stride 4
 *                └ f3 128 ─┬──────────────────────────────── 128 ─┐
 *                          ├─ means of 1x1 windows, 1x1 conv ─ 32 ─┤
 *                          ├─ means of 2x2 windows, 1x1 conv ─ 32 ─┼─ concat ─ 1x1 512 ─ 3x3 ─ stretch ─ logits  8
 *                          ├─ means of 3x3 windows, 1x1 conv ─ 32 ─┤
 *                          └─ means of 6x6 windows, 1x1 conv ─ 32 ─┘
 *
 * The reference takes sizes that are multiples of the output stride; here any size goes that the encoder takes.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf } from "../../nn/conv.js";
import { convBlock } from "../../nn/conv-block.js";
import { dropout2d } from "../../nn/dropout.js";
import { fcnHead } from "../../nn/fcn-head.js";
import { pyramidPooling } from "../../nn/pyramid-pooling.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import {
  auxWeightOption,
  decoderNormOption,
  depthOption,
  dropoutRate,
  encoderFeatures,
  encoderOption,
} from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption.default(3),
  outputStride: z
    .literal([8, 16, 32])
    .default(32)
    .describe("stride below which the encoder does not go: 8, 16 or 32; it dilates instead"),
  channels: z.int().min(1).default(512).describe("channels behind the pyramid"),
  decoderNorm: decoderNormOption.describe(
    "norm between convolution and ReLU in the decoder; the mean over the whole image has none",
  ),
  dropout: dropoutRate.default(0.2).describe("rate of dropped channels behind the pyramid"),
  auxWeight: auxWeightOption,
  auxDropout: dropoutRate.default(0.1).describe("dropout inside the auxiliary head"),
});

export type PspnetOptions = z.output<typeof options>;

const bins = [1, 2, 3, 6];

function decode(scope: Scope, last: Value, { channels, decoderNorm, dropout }: PspnetOptions): Value {
  const psp = scope.at("psp");
  const narrow = Math.floor(channelsOf(last) / bins.length);
  const branches = pyramidPooling(psp.at("blocks"), last, {
    bins,
    // One value a channel leaves a norm nothing to measure.
    layer: (branch, means, count) =>
      convBlock(branch.at("pool", 1), means, {
        outChannels: narrow,
        kernel: 1,
        norm: count === 1 ? "identity" : decoderNorm,
      }),
    alignCorners: true,
  });
  const all = psp.run(() => Concat([...branches, last], 1));
  const joined = convBlock(scope.at("conv"), all, { outChannels: channels, kernel: 1, norm: decoderNorm });
  return dropout2d(scope.at("dropout"), joined, dropout);
}

function build(scope: Scope, image: Value, numClasses: number, given: PspnetOptions): NetworkOutputs {
  const { encoder, depth, outputStride, auxWeight, auxDropout } = given;
  const finest = auxWeight > 0 ? depth - 1 : depth;
  const features = encoderFeatures(scope, image, { encoder, depth, outputStride, finest });
  const decoded = decode(scope.at("decoder"), features[depth]!, given);
  const logits = segmentationHead(scope.at("segmentation_head"), decoded, image, { numClasses, kernel: 3 });
  if (auxWeight === 0 || !scope.training) return { logits };
  const aux = fcnHead(scope.at("aux_head"), features[depth - 1]!, numClasses, auxDropout);
  const wide = resizeLike(scope, aux, image, { mode: "bilinear", alignCorners: true });
  return { logits, aux: [{ logits: wide, weight: auxWeight }] };
}

export const pspnet: Architecture<PspnetOptions> = {
  name: "pspnet",
  title: "PSPNet: means over windows of four sizes over an encoder",
  paper: "https://arxiv.org/abs/1612.01105",
  year: 2016,
  options,
  keepsSize: true,
  build,
};
