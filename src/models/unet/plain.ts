/**
 * @file The plain U-Net: Ronneberger et al. 2015 (https://arxiv.org/abs/1505.04597) as it is mostly used today, with padded
 * 3x3 convolutions without bias, BatchNorm and any width w and depth. An image of any size is padded to a multiple of 2^(depth-1)
 * inside the network and the logits are cropped back.
 *
 *     image ─ 2x conv w ──────────────────────────── concat ─ 2x conv w ─ 1x1 ─ logits    stride 1
 *                 └ pool ─ 2x conv 2w ──────── concat ─ 2x conv 2w ─ up ┘                        2
 *                             └ pool ─ 2x conv 4w ... 2x conv 4w ─ up ┘                          4
 *                                           └ pool ─ 2x conv 16w ─ up ┘                         16
 *
 * conv = 3x3 + BatchNorm + ReLU; pool = 2x2 maximum; up = 2x2 transposed convolution; concat joins [up, skip].
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d, convTranspose2d } from "../../nn/conv.js";
import { padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z.int().min(1).default(64).describe("channels of the first level; each level below has twice as many"),
  depth: z.int().min(1).max(8).default(5).describe("levels, one more than there are poolings (1 to 8)"),
  upBias: z.boolean().default(true).describe("whether the transposed convolutions add a number to each channel"),
  headBias: z.boolean().default(true).describe("whether the last 1x1 convolution adds a number to each class"),
});

export type UnetOptions = z.output<typeof options>;

/** Two 3x3 convolutions of `width` channels, each with BatchNorm and ReLU. */
function doubleConv(scope: Scope, x: Value, width: number): Value {
  const first = convNormRelu(scope, x, { outChannels: width, names: ["conv1", "bn1"] });
  return convNormRelu(scope, first, { outChannels: width, names: ["conv2", "bn2"] });
}

function build(scope: Scope, image: Value, numClasses: number, { width, depth, upBias, headBias }: UnetOptions): Value {
  const skips: Value[] = [];
  let x = image;
  for (let level = 0; level < depth; level++) {
    if (level > 0) x = maxPool2d(scope.at("encoder", level), x, { kernel: 2 });
    x = doubleConv(scope.at("encoder", level), x, width * 2 ** level);
    skips.push(x);
  }
  for (let level = depth - 2; level >= 0; level--) {
    const stage = scope.at("decoder", level);
    const up = convTranspose2d(stage.at("up"), x, {
      outChannels: width * 2 ** level,
      kernel: 2,
      stride: 2,
      bias: upBias,
    });
    x = doubleConv(
      stage,
      stage.run(() => Concat([up, skips[level]!], 1)),
      width * 2 ** level,
    );
  }
  return conv2d(scope.at("head"), x, { outChannels: numClasses, kernel: 1, bias: headBias });
}

export const unet: Architecture<UnetOptions> = {
  name: "unet",
  title: "U-Net with BatchNorm, any width and depth",
  paper: "https://arxiv.org/abs/1505.04597",
  year: 2015,
  options,
  // Width 64 means 16 times the arithmetic of width 16.
  onCpu: { width: 16 },
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 2 ** (given.depth - 1));
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
