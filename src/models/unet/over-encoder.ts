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
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { scse } from "../../nn/attention.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { convBlock } from "../../nn/conv-block.js";
import { xavierUniform } from "../../nn/initializers.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import {
  decoderChannelsOption,
  decoderNormOption,
  encoderOption,
  interpolationOption,
  requireChannels,
} from "../encoder-part.js";
import type { Architecture } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: z.int().min(1).max(5).default(5).describe("halvings of the encoder that are used (1 to 5)"),
  decoderChannels: decoderChannelsOption,
  decoderNorm: decoderNormOption,
  decoderAttention: z.enum(["none", "scse"]).default("none").describe("attention in the decoder's blocks"),
  interpolation: interpolationOption.default("nearest").describe("how the decoder stretches maps"),
});

export type UnetOverEncoderOptions = z.output<typeof options>;

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
  const { decoderAttention, decoderNorm, interpolation } = given;
  const convolution = { outChannels, kernel: 3, norm: decoderNorm } as const;
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
  const first = convBlock(scope.at("conv1"), both, convolution);
  return attend("attention2", convBlock(scope.at("conv2"), first, convolution));
}

function build(scope: Scope, image: Value, numClasses: number, given: UnetOverEncoderOptions): Value {
  const { encoder, depth, decoderChannels } = given;
  requireChannels(depth, decoderChannels);
  const { build: encode, endsInPooling = false } = findEncoder(encoder);
  const features = scope.state.perturbed(scope, encode(scope.at("encoder"), image, { depth }));
  let x = features[depth]!;
  const centre = { outChannels: channelsOf(x), kernel: 3, norm: given.decoderNorm } as const;
  if (endsInPooling) for (const i of [0, 1]) x = convBlock(scope.at("decoder", "center", i), x, centre);
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
