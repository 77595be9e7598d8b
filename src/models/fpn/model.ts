/**
 * @file The feature pyramid network for segmentation (Kirillov et al. 2019, https://arxiv.org/abs/1901.02446) over any
 * encoder, equal to `FPN` of segmentation_models.pytorch (MIT) and with its parameter names.
 *
 *     image                                                                                                     stride 1
 *      └ encoder ─ c2 ─ 1x1 ─ + ─ p2 256 ─ seg_blocks.3: 3x3 ────────────────── s2 128 ─┐
 *            └ c3 ─ 1x1 ─ + ─┘ p3 256 ─ seg_blocks.2: 3x3, stretch ────────────── s3 128 ─┼─ sum ─ 1x1 ─ stretch ─ logits   4
 *               └ c4 ─ 1x1 ─ + ─┘ p4 256 ─ seg_blocks.1: 2 times (3x3, stretch) ─── s4 128 ─┤
 *                  └ c5 ─ 1x1 ─┘ p5 256 ─ seg_blocks.0: 3 times (3x3, stretch) ──── s5 128 ─┘
 *
 * p2 = stretched p3 + 1x1 of c2, and so on; 3x3 = convolution, GroupNorm of 32 groups, ReLU. With depth 4 or 3 all maps are
 * one or two levels finer. The reference takes multiples of 2^depth; here maps are stretched to the size of the next finer
 * one, so that any size goes that the encoder takes.
 */
import { z } from "zod";
import { Add, Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { conv2d } from "../../nn/conv.js";
import { dropout2d } from "../../nn/dropout.js";
import { kaimingUniform } from "../../nn/initializers.js";
import { groupNorm } from "../../nn/norm.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import { depthOption, dropoutRate, encoderFeatures, encoderOption, interpolationOption } from "../encoder-part.js";
import type { Architecture } from "../model.js";

/** Groups of the GroupNorms in front of the sum. */
const groups = 32;

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  pyramidChannels: z.int().min(1).default(256).describe("channels of the pyramid's maps p2 to p5"),
  segmentationChannels: z
    .int()
    .min(groups)
    .multipleOf(groups)
    .default(128)
    .describe(`channels of the maps that are merged (a multiple of ${groups})`),
  merge: z.enum(["add", "cat"]).default("add").describe("whether the four maps are summed or concatenated"),
  interpolation: interpolationOption.default("nearest").describe("how the pyramid stretches maps"),
  dropout: dropoutRate.default(0.2).describe("rate of dropped channels of the merged maps"),
});

export type FpnOptions = z.output<typeof options>;

const lateral = (scope: Scope, feature: Value, outChannels: number): Value =>
  conv2d(scope, feature, { outChannels, kernel: 1, initializer: kaimingUniform });

/** From coarse to fine: p5, p4, p3 and p2 of c2 to c5. */
function pyramid(scope: Scope, [c2, c3, c4, c5]: readonly Value[], given: FpnOptions): Value[] {
  const { pyramidChannels, interpolation } = given;
  const join = (name: string, coarse: Value, fine: Value): Value => {
    const at = scope.at(name);
    const skip = lateral(at.at("skip_conv"), fine, pyramidChannels);
    const wide = resizeLike(at, coarse, fine, { mode: interpolation });
    return at.run(() => Add(wide, skip));
  };
  const p5 = lateral(scope.at("p5"), c5!, pyramidChannels);
  const p4 = join("p4", p5, c4!);
  const p3 = join("p3", p4, c3!);
  return [p5, p4, p3, join("p2", p3, c2!)];
}

/** Convolutions, each followed by stretching to the next finer of `sizes`; one without stretching where there are none. */
function segmentationBlock(scope: Scope, p: Value, sizes: readonly Value[], outChannels: number): Value {
  let x = p;
  for (let i = 0; i < Math.max(1, sizes.length); i++) {
    const at = scope.at("block", i);
    const common = { outChannels, kernel: 3, padding: "same", bias: false, initializer: kaimingUniform } as const;
    const normed = groupNorm(at.at("block", 1), conv2d(at.at("block", 0), x, common), groups);
    x = relu(at, normed);
    const finer = sizes[i];
    if (finer) x = resizeLike(at, x, finer, { mode: "bilinear", alignCorners: true });
  }
  return x;
}

function build(scope: Scope, image: Value, numClasses: number, given: FpnOptions): Value {
  const { encoder, depth, segmentationChannels, merge } = given;
  const features = encoderFeatures(scope, image, { encoder, depth, finest: depth - 3 });
  const decoder = scope.at("decoder");
  const maps = pyramid(decoder, features.slice(-4), given);
  const merged = maps.map((p, i) =>
    segmentationBlock(decoder.at("seg_blocks", i), p, maps.slice(i + 1), segmentationChannels),
  );
  const all = decoder.at("merge").run(() => (merge === "add" ? merged.reduce((a, b) => Add(a, b)) : Concat(merged, 1)));
  const kept = dropout2d(decoder.at("dropout"), all, given.dropout);
  return segmentationHead(scope.at("segmentation_head"), kept, image, { numClasses, kernel: 1 });
}

export const fpn: Architecture<FpnOptions> = {
  name: "fpn",
  title: "Feature pyramid network over an encoder",
  paper: "https://arxiv.org/abs/1901.02446",
  year: 2019,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
