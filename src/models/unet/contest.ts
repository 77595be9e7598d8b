/**
 * @file The U-Net of the contest system (CPones/Image-Segmentation-for-Semi-Supervised-Learning, PaddlePaddle): padded
 * convolutions with BatchNorm and, at the bottom, two 1x1 convolutions. Parameter names are Paddle's attribute names. For
 * odd sizes the pool rounds up and what the transposed convolution has too much is cut off at the top and left, as there.
 *
 *     image ─ down1 64 ─────────────── concat ─ up1 64 ─ last_conv 1x1 ─ logits    stride 1
 *               └ pool ─ down2 128 ─── concat ─ up2 128                                   2
 *                   └ pool ─ down3 256 ─ concat ─ up3 256                                 4
 *                       └ pool ─ down4 512 ─ concat ─ up4 512                             8
 *                           └ pool ─ mid_conv1, mid_conv2 1x1 1024                       16
 */
import { z } from "zod";
import { sub } from "../../graph/dim.js";
import { Concat, Slice } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d, convTranspose2d } from "../../nn/conv.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z.int().min(1).default(64).describe("channels of the first level; each level below has twice as many"),
});

export type UnetContestOptions = z.output<typeof options>;

const levels = 4;

function doubleConv(scope: Scope, x: Value, outChannels: number): Value {
  const first = convNormRelu(scope, x, { outChannels, bias: true, names: ["conv1", "bn1"] });
  return convNormRelu(scope, first, { outChannels, bias: true, names: ["conv2", "bn2"] });
}

/** The last rows and columns of `x`, as many as `like` has. */
function lastLike(x: Value, like: Value): Value {
  const starts = [2, 3].map((axis) => sub(x.shape[axis]!, like.shape[axis]!));
  return Slice(x, [2, 3], starts, x.shape.slice(2));
}

function build(scope: Scope, image: Value, numClasses: number, { width }: UnetContestOptions): Value {
  const skips: Value[] = [];
  let x = image;
  for (let level = 0; level < levels; level++) {
    const down = scope.at(`down${level + 1}`);
    const skip = doubleConv(down, x, width * 2 ** level);
    skips.push(skip);
    x = maxPool2d(down, skip, { kernel: 2, ceilMode: true });
  }
  const bottom = { outChannels: width * 2 ** levels, kernel: 1, bias: true };
  x = convNormRelu(scope, x, { ...bottom, names: ["mid_conv1", "mid_bn1"] });
  x = convNormRelu(scope, x, { ...bottom, names: ["mid_conv2", "mid_bn2"] });
  for (let level = levels - 1; level >= 0; level--) {
    const up = scope.at(`up${level + 1}`);
    const skip = skips[level]!;
    const wide = convTranspose2d(up.at("up"), x, { outChannels: width * 2 ** level, kernel: 2, stride: 2 });
    x = doubleConv(
      up,
      up.run(() => Concat([skip, lastLike(wide, skip)], 1)),
      width * 2 ** level,
    );
  }
  return conv2d(scope.at("last_conv"), x, { outChannels: numClasses, kernel: 1 });
}

export const unetContest: Architecture<UnetContestOptions> = {
  name: "unet-contest",
  title: "U-Net of the contest system: 1x1 convolutions at the bottom",
  paper: "https://arxiv.org/abs/1505.04597",
  year: 2021,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
