/**
 * @file The U-Net of zijundeng/pytorch-semantic-segmentation, with its parameter names: unpadded convolutions with BatchNorm;
 * the skips are taken behind the pooling and stretched bilinearly to the decoder's size, and so are the logits to the image's.
 *
 *     image ─ enc1 64 ─ pool ──── stretch ─ concat ─ dec1 64 ─ final 1x1 ─ stretch ─ logits
 *                └ enc2 128 ─ pool ── stretch ─ concat ─ dec2 128 ─ up 64
 *                    └ enc3 256 ─ pool ── stretch ─ concat ─ dec3 256 ─ up 128
 *                        └ enc4 512 ─ dropout ─ pool ── stretch ─ concat ─ dec4 512 ─ up 256
 *                            └ center 1024 ─ up 512
 *
 * Each stage is two unpadded 3x3 convolutions; up = 2x2 transposed convolution; concat joins [up, skip]. Images of less
 * than 188 pixels, from which nothing would come out, are padded inside the network and the logits cropped back.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { conv2d, convTranspose2d } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { padToAtLeast } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z.int().min(1).default(64).describe("channels of the first level; each level below has twice as many"),
  dropout: z.number().min(0).max(0.99).default(0.5).describe("dropout in front of the last pooling"),
  alignCorners: z
    .boolean()
    .default(true)
    .describe("whether stretching keeps the corner pixels' centres, as in the PyTorch 0.2 of the project's time"),
});

export type UnetZijundengOptions = z.output<typeof options>;

/** The smallest image side from which the unpadded convolutions leave pixels (four). */
const smallestSide = 188;

/** Two unpadded 3x3 convolutions at places 0, 1, 3 and 4 of a sequence whose other places hold what has no parameters. */
function doubleConv(scope: Scope, x: Value, outChannels: number): Value {
  const first = convNormRelu(scope, x, { outChannels, padding: 0, bias: true, names: [0, 1] });
  return convNormRelu(scope, first, { outChannels, padding: 0, bias: true, names: [3, 4] });
}

/** A decoder stage: two convolutions, then twice the size with half the channels. */
function decode(scope: Scope, x: Value, channels: number): Value {
  const stage = scope.at("decode");
  const y = doubleConv(stage, x, channels);
  return convTranspose2d(stage.at(6), y, { outChannels: channels / 2, kernel: 2, stride: 2 });
}

function build(scope: Scope, image: Value, numClasses: number, given: UnetZijundengOptions): Value {
  const { width, alignCorners } = given;
  const stretch = (x: Value, like: Value): Value => resizeLike(scope, x, like, { mode: "bilinear", alignCorners });
  const join = (up: Value, skip: Value): Value => scope.run(() => Concat([up, stretch(skip, up)], 1));
  const encode = (level: number, x: Value): Value => {
    const stage = scope.at(`enc${level}`, "encode");
    const y = doubleConv(stage, x, width * 2 ** (level - 1));
    return maxPool2d(stage, level === 4 ? dropout(stage, y, given.dropout) : y, { kernel: 2 });
  };
  const enc1 = encode(1, image);
  const enc2 = encode(2, enc1);
  const enc3 = encode(3, enc2);
  const enc4 = encode(4, enc3);
  const center = decode(scope.at("center"), enc4, width * 16);
  const dec4 = decode(scope.at("dec4"), join(center, enc4), width * 8);
  const dec3 = decode(scope.at("dec3"), join(dec4, enc3), width * 4);
  const dec2 = decode(scope.at("dec2"), join(dec3, enc2), width * 2);
  const dec1 = doubleConv(scope.at("dec1"), join(dec2, enc1), width);
  return stretch(conv2d(scope.at("final"), dec1, { outChannels: numClasses, kernel: 1 }), image);
}

export const unetZijundeng: Architecture<UnetZijundengOptions> = {
  name: "unet-zijundeng",
  title: "U-Net with unpadded convolutions, BatchNorm and stretched skips",
  paper: "https://arxiv.org/abs/1505.04597",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToAtLeast(scope, image, smallestSide);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
