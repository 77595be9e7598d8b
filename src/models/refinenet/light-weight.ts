/**
 * @file Light-Weight RefineNet (Nekrasov et al. 2018, https://arxiv.org/abs/1810.03272) over any encoder, equal to
 * DrSleep/light-weight-refinenet over ResNets and with its parameter names: RefineNet with 1x1 convolutions and without
 * residual units. Channels are those for resnet50.
 *
 *     image ─ encoder ─ l1 256 ─ 1x1, 1x1 256 ─ + ─ relu ─ CRP ─ 3x3 ─ stretch ─ logits    stride 4
 *                └ l2 512 ─ 1x1, 1x1 256 ─ + ─ relu ─ CRP ─ 1x1 256 ┘                          8
 *                    └ l3 1024 ─ 1x1, 1x1 256 ─ + ─ relu ─ CRP ─ 1x1 256 ┘                    16
 *                        └ l4 2048 ─ 1x1 512 ─ relu ─ CRP ─ 1x1 256 ┘                         32
 *
 *     CRP: x and four maps, each the one before pooled 5x5 and convolved 1x1, summed. What is added is stretched from the
 *     coarser level.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import { dropoutRate, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";
import { refinementCascade } from "./cascade.js";

const options = z.strictObject({
  encoder: encoderOption.default("resnet50"),
  channels: z.int().min(1).default(256).describe("channels of the three fine levels; the coarsest has twice as many"),
  dropout: dropoutRate.default(0.5).describe("dropout of the two coarsest maps"),
});

export type RefinenetLightWeightOptions = z.output<typeof options>;

function build(scope: Scope, image: Value, numClasses: number, given: RefinenetLightWeightOptions): Value {
  const features = encoderFeatures(scope, image, { encoder: given.encoder, depth: 5, finest: 2, at: "" });
  const maps = features.slice(2).toReversed();
  const refined = refinementCascade(scope, maps, { ...given, kernel: 1, units: false });
  const logits = torchConv2d(scope.at("clf_conv"), refined, { outChannels: numClasses, kernel: 3, padding: "same" });
  return resizeLike(scope, logits, image, { mode: "bilinear" });
}

export const refinenetLightWeight: Architecture<RefinenetLightWeightOptions> = {
  name: "refinenet-lw",
  title: "Light-Weight RefineNet: 1x1 convolutions and chained poolings over an encoder",
  paper: "https://arxiv.org/abs/1810.03272",
  year: 2018,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
