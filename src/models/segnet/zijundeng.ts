/**
 * @file The SegNet of zijundeng/pytorch-semantic-segmentation (MIT), with its parameter names. Unlike the paper's it is built
 * on VGG19, enlarges by transposed convolutions in place of unpooling, and joins the encoder's maps behind their poolings.
 *
 *     image ─ enc1 2x 64 ─ pool ───────────────────────────── concat ─ dec1 64, K ─ logits    stride 2, 1
 *                           └ enc2 2x 128 ─ pool ──────── concat ─ dec2 128, 64 ┘                   4, 2
 *                               └ enc3 4x 256 ─ pool ─ concat ─ dec3 3x 256, 128 ┘                  8, 4
 *                                   └ enc4 4x 512 ─ pool ─ concat ─ dec4 3x 512, 256 ┘             16, 8
 *                                       └ enc5 4x 512 ─ pool ─ dec5 4x 512 ┘                      32, 16
 *
 * dec = 2x2 transposed convolution to twice the size, and convolutions; each convolution is 3x3 with BatchNorm and ReLU, even
 * the last. Convolutions in the middle of a decoder stage are one and the same layer, run once or more: in the project a
 * list of layers is repeated, which repeats references. concat joins [skip, dec]. The reference takes sizes that are
 * multiples of 32; other images are padded to one and the logits cropped.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNormRelu } from "../../nn/blocks.js";
import { channelsOf } from "../../nn/conv.js";
import { kaimingNormal, kaimingNormalFanOut } from "../../nn/initializers.js";
import { padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import type { Scope } from "../../nn/scope.js";
import { torchConvTranspose2d } from "../../nn/torch-conv.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z
    .int()
    .min(2)
    .multipleOf(2)
    .default(64)
    .describe("channels of the first level; those below have 2, 4, 8 and 8 times as many (even)"),
});

export type SegnetZijundengOptions = z.output<typeof options>;

/** Width of each of the encoder's levels as a multiple of the first level's, and its number of convolutions. */
const levels = [
  { factor: 1, convolutions: 2 },
  { factor: 2, convolutions: 2 },
  { factor: 4, convolutions: 4 },
  { factor: 8, convolutions: 4 },
  { factor: 8, convolutions: 4 },
] as const;

function encode(scope: Scope, x: Value, outChannels: number, count: number): Value {
  let y = x;
  for (let i = 0; i < count; i++)
    y = convNormRelu(scope, y, {
      outChannels,
      bias: true,
      initializer: kaimingNormalFanOut,
      names: [3 * i, 3 * i + 1],
    });
  return maxPool2d(scope.at(3 * count), y, { kernel: 2 });
}

const twice = (scope: Scope, x: Value): Value =>
  torchConvTranspose2d(scope.at(0), x, { outChannels: channelsOf(x), kernel: 2, stride: 2 });

/** The convolution at places `at` and `at + 1` of a decoder stage. */
const convolution = (scope: Scope, x: Value, outChannels: number, at: number): Value =>
  convNormRelu(scope, x, { outChannels, bias: true, initializer: kaimingNormal, names: [at, at + 1] });

/** The lowest stage: four runs of one convolution. */
function decodeLast(scope: Scope, x: Value): Value {
  let y = twice(scope, x);
  for (let i = 0; i < 4; i++) y = convolution(scope, y, channelsOf(x), 1);
  return y;
}

/** A stage that narrows to half of what it reads, runs one convolution `count - 2` times, and ends with `outChannels`. */
function decode(scope: Scope, x: Value, outChannels: number, count: number): Value {
  const middle = channelsOf(x) / 2;
  let y = convolution(scope, twice(scope, x), middle, 1);
  for (let i = 2; i < count; i++) y = convolution(scope, y, middle, 4);
  return convolution(scope, y, outChannels, 3 * count - 2);
}

function build(scope: Scope, image: Value, numClasses: number, { width }: SegnetZijundengOptions): Value {
  const skips: Value[] = [];
  let x = image;
  for (const [i, { factor, convolutions }] of levels.entries()) {
    x = encode(scope.at(`enc${i + 1}`), x, width * factor, convolutions);
    skips.push(x);
  }
  x = decodeLast(scope.at("dec5"), x);
  for (let i = 3; i >= 0; i--) {
    const joined = scope.run(() => Concat([skips[i]!, x], 1));
    const outChannels = i === 0 ? numClasses : (width * levels[i]!.factor) / 2;
    x = decode(scope.at(`dec${i + 1}`, "decode"), joined, outChannels, levels[i]!.convolutions);
  }
  return x;
}

export const segnetZijundeng: Architecture<SegnetZijundengOptions> = {
  name: "segnet-zijundeng",
  title: "SegNet on VGG19 with transposed convolutions and joined skips",
  paper: "https://arxiv.org/abs/1511.00561",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 32);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
