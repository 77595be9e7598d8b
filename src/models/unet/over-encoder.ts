/**
 * @file The U-Net over a pretrained-style encoder, equal to `Unet` of segmentation_models.pytorch (MIT) and with its parameter
 * names: the encoder's features f1..f5 are joined on the way up; each block stretches to the next finer feature's size, so
 * any image size works without padding.
 *
 *     image ───────────────────────────────────────────────── blocks.4  16 ─ segmentation_head 3x3 ─ logits    stride 1
 *       └ f1 ──────────────────────────────── concat ─ blocks.3  32 ┘                                                 2
 *           └ f2 ────────────────── concat ─ blocks.2  64 ┘                                                           4
 *               └ f3 ──── concat ─ blocks.1  128 ┘                                                                    8
 *                   └ f4 ─ concat ─ blocks.0  256 ┘                                                                  16
 *                       └ f5 ┘                                                                                       32
 *
 * block = stretch x2, concat [x, skip], two 3x3 convolutions with BatchNorm and ReLU. Two such convolutions more, the
 * centre, stand behind encoders that end in a pooling (VGG, AlexNet).
 */
import { z } from "zod";
import { findEncoder } from "../../encoders/registry.js";
import { UsageError } from "../../errors/index.js";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { scse } from "../../nn/attention.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { kaimingUniform, xavierUniform } from "../../nn/initializers.js";
import { batchNorm2d, instanceNorm2d } from "../../nn/norm.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: z.string().default("resnet34").describe("name of the encoder, see segkit encoders"),
  depth: z.int().min(1).max(5).default(5).describe("halvings of the encoder that are used (1 to 5)"),
  decoderChannels: z
    .array(z.int().min(1))
    .default([256, 128, 64, 32, 16])
    .describe("channels of the decoder's blocks from coarse to fine, as many as the depth"),
  decoderNorm: z
    .enum(["batchnorm", "instancenorm", "identity"])
    .default("batchnorm")
    .describe("norm between convolution and ReLU in the decoder"),
  decoderAttention: z.enum(["none", "scse"]).default("none").describe("attention in the decoder's blocks"),
  interpolation: z
    .enum(["nearest", "nearest-exact", "bilinear", "bicubic"])
    .default("nearest")
    .describe("how the decoder stretches maps"),
});

export type UnetOverEncoderOptions = z.output<typeof options>;

/** Norms by name; they stand at place 1 of a sequence. */
const norms: { readonly [Name in UnetOverEncoderOptions["decoderNorm"]]: (scope: Scope, x: Value) => Value } = {
  batchnorm: (scope, x) => batchNorm2d(scope, x),
  instancenorm: (scope, x) => instanceNorm2d(scope, x),
  identity: (_, x) => x,
};

function convBlock(scope: Scope, x: Value, outChannels: number, { decoderNorm }: UnetOverEncoderOptions): Value {
  const bias = decoderNorm === "identity";
  const y = conv2d(scope.at(0), x, { outChannels, kernel: 3, padding: "same", bias, initializer: kaimingUniform });
  return relu(scope, norms[decoderNorm](scope.at(1), y));
}

/** The finer feature to reach, and whether it is joined: the image itself only gives the size. */
interface Skip {
  readonly feature: Value;
  readonly joined: boolean;
}

function decoderBlock(
  scope: Scope,
  x: Value,
  { feature, joined }: Skip,
  outChannels: number,
  given: UnetOverEncoderOptions,
): Value {
  const { decoderAttention, interpolation } = given;
  const attend = (name: string, y: Value): Value =>
    decoderAttention === "scse" ? scse(scope.at(name, "attention"), y) : y;
  const wide = resizeLike(scope, x, feature, { mode: interpolation });
  // A map without channels adds nothing, but the reference attends as if it had.
  const parts = channelsOf(feature) > 0 ? [wide, feature] : [wide];
  const both = joined
    ? attend(
        "attention1",
        scope.run(() => Concat(parts, 1)),
      )
    : wide;
  const first = convBlock(scope.at("conv1"), both, outChannels, given);
  return attend("attention2", convBlock(scope.at("conv2"), first, outChannels, given));
}

function build(scope: Scope, image: Value, numClasses: number, given: UnetOverEncoderOptions): Value {
  const { encoder, depth, decoderChannels } = given;
  if (decoderChannels.length !== depth)
    throw new UsageError({
      expected: `${depth} numbers in decoderChannels, one for each halving`,
      found: `[${decoderChannels}]`,
    });
  const { build: encode, endsInPooling = false } = findEncoder(encoder);
  const features = encode(scope.at("encoder"), image, { depth });
  let x = features[depth]!;
  if (endsInPooling) for (const i of [0, 1]) x = convBlock(scope.at("decoder", "center", i), x, channelsOf(x), given);
  for (const [i, channels] of decoderChannels.entries()) {
    const level = depth - 1 - i;
    const skip = { feature: features[level]!, joined: level > 0 };
    x = decoderBlock(scope.at("decoder", "blocks", i), x, skip, channels, given);
  }
  const head = { outChannels: numClasses, kernel: 3, padding: "same", initializer: xavierUniform } as const;
  return conv2d(scope.at("segmentation_head", 0), x, head);
}

export const unetOverEncoder: Architecture<UnetOverEncoderOptions> = {
  name: "unet-encoder",
  title: "U-Net over a classification network such as ResNet-34",
  paper: "https://arxiv.org/abs/1505.04597",
  year: 2019,
  options,
  keepsSize: true,
  build: (scope, image, numClasses, given) => ({ logits: build(scope, image, numClasses, given) }),
};
