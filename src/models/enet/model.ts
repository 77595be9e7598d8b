/**
 * @file ENet (Paszke et al. 2016, https://arxiv.org/abs/1606.02147), equal to davidtvs/PyTorch-ENet (MIT) and with its
 * parameter names: most of the work is done at an eighth of the image's size; the decoder is small and writes its maps to
 * the places where the encoder's poolings found their maxima.
 *
 *     image ─ initial: 3x3/2 (13) || pool ───── 16 ─────────────────────────── 3x3 transposed x2 ─ logits    stride 1
 *               └ stage 1: down 64, 4 regular ───────────────── stage 5: up 16, 1 regular ┘                         2
 *                   └ stage 2: down 128, 8 bottlenecks              stage 4: up 64, 2 regular                       4
 *                       └ stage 3: 8 bottlenecks ───────────────────────┘                                           8
 *
 * 8 bottlenecks = regular, dilated 2, asymmetric 5, dilated 4, regular, dilated 8, asymmetric 5, dilated 16.
 * The reference takes sizes that are multiples of 8; other images are padded to one and the logits cropped.
 */
import { z } from "zod";
import { Concat, MaxPool } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf, conv2d, convTranspose2d } from "../../nn/conv.js";
import { torchDefault } from "../../nn/initializers.js";
import { batchNorm2d } from "../../nn/norm.js";
import { padToMultiple } from "../../nn/padding.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";
import { type Activation, activations, downsampling, type Middle, regular, upsampling } from "./bottleneck.js";

const activation = z.enum(["prelu", "relu"]);

const options = z.strictObject({
  width: z
    .int()
    .min(16)
    .multipleOf(4)
    .default(64)
    .describe("channels of stage 1; stages 2 and 3 have twice as many (a multiple of 4)"),
  encoderActivation: activation.default("prelu").describe("unit behind the encoder's convolutions"),
  decoderActivation: activation.default("relu").describe("unit behind the decoder's convolutions"),
  dropout: z.number().min(0).max(0.9).default(0.1).describe("rate of dropped channels; a tenth of it in stage 1"),
});

export type EnetOptions = z.output<typeof options>;

const plain: Middle = { dilation: 1 };
const asymmetric: Middle = { asymmetric: 5 };
const dilated = (dilation: number): Middle => ({ dilation });

/** Names and kinds of the bottlenecks of stages 2 and 3. */
const body: readonly (readonly [string, Middle])[] = [
  ["regular", plain],
  ["dilated", dilated(2)],
  ["asymmetric", asymmetric],
  ["dilated", dilated(4)],
  ["regular", plain],
  ["dilated", dilated(8)],
  ["asymmetric", asymmetric],
  ["dilated", dilated(16)],
];

/** Filters of the initial convolution; the image's own channels stand beside them, pooled. */
const initialFilters = 13;

function initial(scope: Scope, image: Value, activate: Activation): Value {
  const main = conv2d(scope.at("main_branch"), image, {
    outChannels: initialFilters,
    kernel: 3,
    stride: 2,
    padding: 1,
    bias: false,
    initializer: torchDefault,
  });
  const pooled = scope.at("ext_branch").run(() => MaxPool(image, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }));
  const both = scope.run(() => Concat([main, pooled], 1));
  return activate(scope.at("out_activation"), batchNorm2d(scope.at("batch_norm"), both));
}

function build(scope: Scope, image: Value, numClasses: number, given: EnetOptions): Value {
  const encoder = { activation: activations[given.encoderActivation], dropout: given.dropout };
  const decoder = { activation: activations[given.decoderActivation], dropout: given.dropout };
  const light = { ...encoder, dropout: given.dropout / 10 };

  const half = initial(scope.at("initial_block"), image, encoder.activation);
  // A pooled branch cannot lose channels: images of many bands need more than the usual width.
  const width = Math.max(given.width, 4 * Math.ceil(channelsOf(half) / 4));
  let quarter = downsampling(scope.at("downsample1_0"), half, width, light);
  for (let i = 1; i <= 4; i++) quarter = regular(scope.at(`regular1_${i}`), quarter, plain, light);

  let x = downsampling(scope.at("downsample2_0"), quarter, 2 * width, encoder);
  for (const [stage, first] of [
    [2, 1],
    [3, 0],
  ] as const)
    for (const [i, [kind, middle]] of body.entries())
      x = regular(scope.at(`${kind}${stage}_${first + i}`), x, middle, encoder);

  x = upsampling(scope.at("upsample4_0"), x, quarter, decoder);
  for (const i of [1, 2]) x = regular(scope.at(`regular4_${i}`), x, plain, decoder);
  x = upsampling(scope.at("upsample5_0"), x, half, decoder);
  x = regular(scope.at("regular5_1"), x, plain, decoder);
  return convTranspose2d(scope.at("transposed_conv"), x, {
    outChannels: numClasses,
    kernel: 3,
    stride: 2,
    padding: 1,
    outputPadding: 1,
    bias: false,
    initializer: torchDefault,
  });
}

export const enet: Architecture<EnetOptions> = {
  name: "enet",
  title: "ENet: small and fast, from scratch",
  paper: "https://arxiv.org/abs/1606.02147",
  year: 2016,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => {
    const { padded, crop } = padToMultiple(scope, image, 8);
    return { logits: crop(build(scope, padded, numClasses, given)) };
  },
};
