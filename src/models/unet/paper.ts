/**
 * @file The U-Net of the paper: Ronneberger et al. 2015 (https://arxiv.org/abs/1505.04597), with unpadded convolutions, so
 * that every output pixel has seen only real pixels. The output is smaller than the input; large images are predicted by
 * overlapping tiles whose borders are mirrored. Parameter names are those of meetps/pytorch-semseg, which adds BatchNorm
 * in the contracting path and divides the width by four.
 *
 *     572 ─ conv1 64: 568 ────────────── crop 392 ─ concat ─ up_concat1 64: 388 ─ final 1x1 ─ logits
 *       └ pool 284 ─ conv2 128: 280 ──── crop 200 ─ concat ─ up_concat2 128: 196
 *           └ pool 140 ─ conv3 256: 136 ─ crop 104 ─ concat ─ up_concat3 256: 100
 *               └ pool 68 ─ conv4 512: 64 ─ crop 56 ─ concat ─ up_concat4 512: 52
 *                   └ pool 32 ─ center 1024: 28
 *
 * Each stage is two unpadded 3x3 convolutions with ReLU; up = 2x2 transposed convolution; concat joins [skip, up].
 */
import { z } from "zod";
import { add, floorDiv, sub } from "../../graph/dim.js";
import { Concat, Slice } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu, relu } from "../../nn/blocks.js";
import { conv2d, convTranspose2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z
    .number()
    .min(1)
    .default(64)
    .describe("channels of the first level, doubled at each level (fractions are cut)"),
  depth: z.int().min(2).max(6).default(5).describe("levels, one more than there are poolings (2 to 6)"),
  batchNorm: z.boolean().default(false).describe("whether the contracting path has BatchNorm"),
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout behind the last two contracting stages"),
});

export type UnetPaperOptions = z.output<typeof options>;

/** Two unpadded 3x3 convolutions. */
function stage(scope: Scope, x: Value, outChannels: number, batchNorm: boolean): Value {
  const convRelu = (at: Scope, input: Value): Value =>
    batchNorm
      ? convNormRelu(at, input, { outChannels, padding: 0, bias: true, names: [0, 1] })
      : relu(at, conv2d(at.at(0), input, { outChannels, kernel: 3 }));
  return convRelu(scope.at("conv2"), convRelu(scope.at("conv1"), x));
}

/** The middle of `skip` in the size of `like`. */
function cropLike(scope: Scope, skip: Value, like: Value): Value {
  const starts = [2, 3].map((axis) => floorDiv(sub(skip.shape[axis]!, like.shape[axis]!), 2));
  const ends = starts.map((start, i) => add(start, like.shape[i + 2]!));
  return scope.run(() => Slice(skip, [2, 3], starts, ends));
}

function build(scope: Scope, image: Value, numClasses: number, given: UnetPaperOptions): Value {
  const channels = (level: number): number => Math.trunc(given.width * 2 ** level);
  const bottom = given.depth - 1;
  const skips: Value[] = [];
  let x = image;
  for (let level = 0; level <= bottom; level++) {
    const at = scope.at(level === bottom ? "center" : `conv${level + 1}`);
    if (level > 0) x = maxPool2d(at, x, { kernel: 2 });
    x = stage(at, x, channels(level), given.batchNorm);
    if (level >= bottom - 1) x = dropout(at, x, given.dropout);
    skips.push(x);
  }
  for (let level = bottom - 1; level >= 0; level--) {
    const at = scope.at(`up_concat${level + 1}`);
    const up = convTranspose2d(at.at("up"), x, { outChannels: channels(level), kernel: 2, stride: 2 });
    const joined = at.run(() => Concat([cropLike(at, skips[level]!, up), up], 1));
    x = stage(at.at("conv"), joined, channels(level), false);
  }
  return conv2d(scope.at("final"), x, { outChannels: numClasses, kernel: 1 });
}

export const unetPaper: Architecture<UnetPaperOptions> = {
  name: "unet-paper",
  title: "U-Net with unpadded convolutions and overlapping tiles, as in the paper",
  paper: "https://arxiv.org/abs/1505.04597",
  year: 2015,
  options,
  keepsSize: false,
  // From the bottom stage of b pixels the output is (b - 4)*n + 4 pixels wide and the input (b + 8)*n - 4, n = 2^(depth-1).
  inputFor: (output, { depth }) => {
    const n = 2 ** (depth - 1);
    const bottom = Math.max(4, Math.ceil((output - 4) / n) + 4);
    return { input: (bottom + 8) * n - 4, output: (bottom - 4) * n + 4 };
  },
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
