/**
 * @file The pyramid attention network (Li et al. 2018, https://arxiv.org/abs/1805.10180) over any encoder, equal to `PAN` of
 * segmentation_models.pytorch (MIT) and with its parameter names.
 *
 *     image ─ encoder ─ f2 ──────────────────── gau1  32 ─ segmentation_head 3x3 ─ stretch ─ logits    stride 4
 *                └ f3 ──────────────── gau2  32 ┘                                                            8
 *                   └ f4 ──────── gau3  32 ┘                                                                16
 *                      └ f5 ─ fpa  32 ┘                                                                     16
 *
 * fpa = feature pyramid attention, gau = global attention upsampling. The reference takes sizes that are multiples of the
 * output stride and at least 8 times as large; here any size goes that the encoder takes. Means over the image make one value
 * a channel, so training needs batches of at least 2.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { depthOption, encoderFeatures, encoderOption, interpolationOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";
import { featurePyramidAttention, globalAttentionUpsample } from "./attention.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  outputStride: z
    .literal([16, 32])
    .default(16)
    .describe("stride of the encoder's last map: 16 or 32; finer is slower and sharper"),
  channels: z.int().min(1).default(32).describe("channels of the decoder"),
  interpolation: interpolationOption.default("bilinear").describe("how the decoder stretches maps"),
});

export type PanOptions = z.output<typeof options>;

function build(scope: Scope, image: Value, numClasses: number, given: PanOptions): Value {
  const { encoder, depth, outputStride, channels, interpolation } = given;
  const features = encoderFeatures(scope, image, { encoder, depth, outputStride, finest: 2 });
  const decoder = scope.at("decoder");
  let x = featurePyramidAttention(decoder.at("fpa"), features[depth]!, channels);
  for (let level = depth - 1; level >= 2; level--)
    x = globalAttentionUpsample(decoder.at(`gau${level - 1}`), features[level]!, x, interpolation);
  return segmentationHead(scope.at("segmentation_head"), x, image, { numClasses, kernel: 3 });
}

export const pan: Architecture<PanOptions> = {
  name: "pan",
  title: "Pyramid attention network over an encoder",
  paper: "https://arxiv.org/abs/1805.10180",
  year: 2018,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
