/**
 * @file ERFNet (Romera et al. 2018, https://doi.org/10.1109/TITS.2017.2750080), equal to Eromera/erfnet_pytorch and with its
 * parameter names: residual units whose 3x3 convolutions are split into 3x1 and 1x3, most of them at an eighth of the size.
 *
 *     image ─ down 16 ─────────────────────────────────────────────────────── up K ─ logits    stride 1, 2
 *               └ down 64 ─ 5 units ────────────────────────── up 16 ─ 2 units ┘                      4, 2
 *                   └ down 128 ─ 2 x units dilated by 2, 4, 8, 16 ─ up 64 ─ 2 units ┘                 8, 4
 *                                       └ output_conv 1x1 ─ logits of the encoder                     8
 *
 * down = 3x3/2 convolution beside 2x2 pooling; up = 3x3 transposed convolution (the last one 2x2); both with BatchNorm and
 * ReLU. The paper trains the encoder alone first (`part`), then all. The reference takes sizes that are multiples of 8;
 * other images are padded to one and the logits cropped. The first stage has 13 filters beside the image's own channels.
 */
import { z } from "zod";
import { ShapeError } from "../../errors/index.js";
import { Add, Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf } from "../../nn/conv.js";
import { dropout2d } from "../../nn/dropout.js";
import { batchNorm2d } from "../../nn/norm.js";
import { padToMultiple } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d, torchConvTranspose2d } from "../../nn/torch-conv.js";
import { dropoutRate } from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  width: z
    .int()
    .min(16)
    .multipleOf(4)
    .default(64)
    .describe("channels at a quarter of the size; twice as many at an eighth (a multiple of 4)"),
  dropout: dropoutRate.default(0.3).describe("rate of dropped channels at an eighth of the size; a tenth of it before"),
  part: z
    .enum(["network", "encoder"])
    .default("network")
    .describe("what to train: the whole network, or the encoder with a 1x1 convolution, stretched, as first phase"),
});

export type ErfnetOptions = z.output<typeof options>;

const norm = (scope: Scope, x: Value): Value => batchNorm2d(scope, x, { eps: 1e-3 });

/** Half the size: strided convolution and pooling side by side, `outChannels` together. */
function downsampler(scope: Scope, x: Value, outChannels: number): Value {
  const filters = outChannels - channelsOf(x);
  if (filters < 1)
    throw new ShapeError({
      layer: scope.path,
      expected: `fewer than ${outChannels} channels, which pass to the next stage beside its filters`,
      found: `${channelsOf(x)}`,
      next: "Raise the option width.",
    });
  const y = torchConv2d(scope.at("conv"), x, { outChannels: filters, kernel: 3, stride: 2, padding: 1 });
  const pooled = maxPool2d(scope.at("pool"), x, { kernel: 2 });
  const both = scope.run(() => Concat([y, pooled], 1));
  return relu(scope, norm(scope.at("bn"), both));
}

/** Twice the size. */
function upsampler(scope: Scope, x: Value, outChannels: number): Value {
  const geometry = { kernel: 3, stride: 2, padding: 1, outputPadding: 1 } as const;
  return relu(scope, norm(scope.at("bn"), torchConvTranspose2d(scope.at("conv"), x, { outChannels, ...geometry })));
}

/** Two pairs of 3x1 and 1x3 convolutions, the second pair dilated, added to what comes in. */
function unit(scope: Scope, x: Value, dilation = 1, rate = 0): Value {
  const split = (half: number, input: Value, spread: number): Value => {
    const common = { outChannels: channelsOf(x), padding: "same", dilation: spread } as const;
    const column = relu(scope, torchConv2d(scope.at(`conv3x1_${half}`), input, { ...common, kernel: [3, 1] }));
    return norm(scope.at(`bn${half}`), torchConv2d(scope.at(`conv1x3_${half}`), column, { ...common, kernel: [1, 3] }));
  };
  const first = relu(scope, split(1, x, 1));
  const second = dropout2d(scope.at("dropout"), split(2, first, dilation), rate);
  return relu(
    scope,
    scope.run(() => Add(second, x)),
  );
}

function encode(scope: Scope, image: Value, { width, dropout }: ErfnetOptions): Value {
  const layer = (i: number): Scope => scope.at("layers", i);
  // 13 filters and the 3 channels of a colour image make the paper's 16.
  const half = downsampler(scope.at("initial_block"), image, width / 4 - 3 + channelsOf(image));
  let x = downsampler(layer(0), half, width);
  for (let i = 1; i <= 5; i++) x = unit(layer(i), x, 1, dropout / 10);
  x = downsampler(layer(6), x, 2 * width);
  for (const [i, dilation] of [2, 4, 8, 16, 2, 4, 8, 16].entries()) x = unit(layer(7 + i), x, dilation, dropout);
  return x;
}

function decode(scope: Scope, encoded: Value, numClasses: number, { width }: ErfnetOptions): Value {
  const layer = (i: number): Scope => scope.at("layers", i);
  let x = upsampler(layer(0), encoded, width);
  for (const i of [1, 2]) x = unit(layer(i), x);
  x = upsampler(layer(3), x, width / 4);
  for (const i of [4, 5]) x = unit(layer(i), x);
  return torchConvTranspose2d(scope.at("output_conv"), x, { outChannels: numClasses, kernel: 2, stride: 2 });
}

export const erfnet: Architecture<ErfnetOptions> = {
  name: "erfnet",
  title: "ERFNet: fast, of residual units with split convolutions",
  paper: "https://doi.org/10.1109/TITS.2017.2750080",
  year: 2017,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 8);
    const encoder = scope.at("encoder");
    const encoded = encode(encoder, padded, given);
    if (given.part === "network") return { logits: crop(decode(scope.at("decoder"), encoded, numClasses, given)) };
    const coarse = torchConv2d(encoder.at("output_conv"), encoded, { outChannels: numClasses, kernel: 1 });
    return { logits: crop(resizeLike(encoder, coarse, padded, { mode: "bilinear" })) };
  },
};
