/**
 * @file RefineNet (Lin et al. 2017, https://arxiv.org/abs/1611.06612) over any encoder, equal to DrSleep/refinenet-pytorch over
 * ResNets and with its parameter names. Channels are those for resnet101.
 *
 *     image ─ encoder ─ l1 256 ─ 3x3 ─ RCU x2 ─ 3x3 256 ─ + ─ relu ─ CRP ─ RCU x3 ─ 3x3 ─ stretch ─ logits    stride 4
 *                └ l2 512 ── 3x3 ─ RCU x2 ─ 3x3 256 ─ + ─ relu ─ CRP ─ RCU x3 ─ 3x3 256 ┘                         8
 *                    └ l3 1024 ─ 3x3 ─ RCU x2 ─ 3x3 256 ─ + ─ relu ─ CRP ─ RCU x3 ─ 3x3 256 ┘                    16
 *                        └ l4 2048 ─ 3x3 ─ RCU x2 ─ 512 ─ relu ─ CRP ─ RCU x3 ─ 3x3 256 ┘                        32
 *
 *     RCU: x + 3x3(relu(3x3(relu(x))));  CRP: x and four maps, each the one before pooled 5x5 and convolved 3x3, summed.
 *     What is added is stretched from the coarser level.
 */
import { z } from "zod";
import type { Value } from "../../graph/types.js";
import { dropout } from "../../nn/dropout.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";
import { dropoutRate, encoderFeatures, encoderOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";
import { refinementCascade } from "./cascade.js";

const options = z.strictObject({
  encoder: encoderOption.default("resnet101"),
  channels: z.int().min(1).default(256).describe("channels of the three fine levels; the coarsest has twice as many"),
  dropout: dropoutRate.default(0.5).describe("dropout of the two coarsest maps and in front of the last convolution"),
});

export type RefinenetOptions = z.output<typeof options>;

function build(scope: Scope, image: Value, numClasses: number, given: RefinenetOptions): Value {
  const features = encoderFeatures(scope, image, { encoder: given.encoder, depth: 5, finest: 2, at: "" });
  const maps = features.slice(2).toReversed();
  const refined = refinementCascade(scope, maps, { ...given, kernel: 3, units: true });
  const dropped = dropout(scope.at("do"), refined, given.dropout);
  const logits = torchConv2d(scope.at("clf_conv"), dropped, { outChannels: numClasses, kernel: 3, padding: "same" });
  return resizeLike(scope, logits, image, { mode: "bilinear" });
}

export const refinenet: Architecture<RefinenetOptions> = {
  name: "refinenet",
  title: "RefineNet: residual units and chained poolings from coarse to fine over an encoder",
  paper: "https://arxiv.org/abs/1611.06612",
  year: 2016,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
