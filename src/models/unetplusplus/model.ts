/**
 * @file U-Net++ (Zhou et al. 2018, https://arxiv.org/abs/1807.10165) over any encoder, equal to `UnetPlusPlus` of
 * segmentation_models.pytorch (MIT) and with its parameter names. Between the encoder and the decoder x_0_* lie maps of every
 * stride; x_d_l is row l's map that began at the encoder's d-th map from below.
 *
 *     stride 1                                                           x_0_4  16 ─ segmentation_head 3x3 ─ logits
 *            2    f1 ──────── x_3_3 ────── x_2_3 ────── x_1_3 ────── x_0_3  32 ┘
 *            4       f2 ──────── x_2_2 ────── x_1_2 ────── x_0_2  64 ┘
 *            8          f3 ──────── x_1_1 ────── x_0_1  128 ┘
 *           16             f4 ──────── x_0_0  256 ┘
 *           32                f5 ────────┘
 *
 * x_d_l stretches x_d_(l-1) of the row below (a feature where d = l), joins it with all maps to its left in its own row,
 * and ends with two 3x3 convolutions with BatchNorm and ReLU; outside x_0_* it has the feature's channels. The reference
 * takes sizes that are multiples of 2^depth; here blocks stretch to the size of the feature in their row, so that any size
 * goes that the encoder takes. (For VGG the reference also has a centre that it never runs; there is none here.)
 *
 * Deep supervision, which the reference leaves out: with `auxWeight` the maps x_1_*, x_2_*, ... of the finest row, the outputs of ever
 * shallower U-Nets in the paper's drawing, have heads of their own while training.
 */
import { z } from "zod";
import { Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { scse } from "../../nn/attention.js";
import { channelsOf } from "../../nn/conv.js";
import { convBlock } from "../../nn/conv-block.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { segmentationHead } from "../../nn/segmentation-head.js";
import {
  decoderChannelsOption,
  decoderNormOption,
  depthOption,
  encoderFeatures,
  encoderOption,
  interpolationOption,
  requireChannels,
} from "../encoder-part.js";
import type { Architecture, NetworkOutputs } from "../model.js";

const options = z.strictObject({
  encoder: encoderOption,
  depth: depthOption,
  decoderChannels: decoderChannelsOption,
  decoderNorm: decoderNormOption,
  decoderAttention: z.enum(["none", "scse"]).default("none").describe("attention in the decoder's blocks"),
  interpolation: interpolationOption.default("nearest").describe("how the decoder stretches maps"),
  auxWeight: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "weight of the loss of a head on each map of the finest row while training, the paper's deep supervision (0: none)",
    ),
});

export type UnetplusplusOptions = z.output<typeof options>;

/** Stretches `x` to the size of `like`, joins the maps that have channels, and convolves twice. */
function block(
  scope: Scope,
  x: Value,
  like: Value,
  skips: readonly Value[],
  outChannels: number,
  { decoderNorm, decoderAttention, interpolation }: UnetplusplusOptions,
): Value {
  const attend = (name: string, y: Value): Value =>
    decoderAttention === "scse" ? scse(scope.at(name, "attention"), y) : y;
  const convolution = { outChannels, kernel: 3, norm: decoderNorm } as const;
  const wide = resizeLike(scope, x, like, { mode: interpolation });
  const both = scope.run(() => Concat([wide, ...skips.filter((skip) => channelsOf(skip) > 0)], 1));
  const attended = skips.length > 0 ? attend("attention1", both) : both;
  const first = convBlock(scope.at("conv1"), attended, convolution);
  return attend("attention2", convBlock(scope.at("conv2"), first, convolution));
}

interface Decoded {
  readonly last: Value;
  /** Maps of the finest row but x_0_*, those that fewest blocks made first. */
  readonly finest: readonly Value[];
}

function decode(scope: Scope, features: readonly Value[], given: UnetplusplusOptions): Decoded {
  const { depth, decoderChannels } = given;
  const at = (d: number, l: number): Scope => scope.at("blocks", `x_${d}_${l}`);
  let below: readonly Value[] = [];
  for (let l = 0; l < depth - 1; l++) {
    const skip = features[depth - 1 - l]!;
    const row: Value[] = [];
    for (let d = l; d >= 0; d--) {
      const x = d === l ? features[depth - l]! : below[d]!;
      const outChannels = d === 0 ? decoderChannels[l]! : channelsOf(skip);
      // Where the encoder has no map, only x_0_* goes on.
      row[d] = outChannels === 0 ? skip : block(at(d, l), x, skip, [...row.slice(d + 1), skip], outChannels, given);
    }
    below = row;
  }
  const last = block(at(0, depth - 1), below[0]!, features[0]!, [], decoderChannels[depth - 1]!, given);
  return { last, finest: below.slice(1).reverse() };
}

function build(scope: Scope, image: Value, numClasses: number, given: UnetplusplusOptions): NetworkOutputs {
  const { encoder, depth, decoderChannels, auxWeight } = given;
  requireChannels(depth, decoderChannels);
  const features = encoderFeatures(scope, image, { encoder, depth, finest: 2 });
  const { last, finest } = decode(scope.at("decoder"), features, given);
  const logits = segmentationHead(scope.at("segmentation_head"), last, image, { numClasses, kernel: 3 });
  if (auxWeight === 0 || !scope.training) return { logits };
  const heads = finest.filter((map) => channelsOf(map) > 0);
  const aux = heads.map((map, i) => ({
    logits: segmentationHead(scope.at("aux_heads", i), map, image, { numClasses, kernel: 1 }),
    weight: auxWeight,
  }));
  return { logits, aux };
}

export const unetplusplus: Architecture<UnetplusplusOptions> = {
  name: "unetplusplus",
  title: "U-Net++ over an encoder: dense maps between encoder and decoder",
  paper: "https://arxiv.org/abs/1807.10165",
  year: 2018,
  options,
  keepsSize: true,
  build,
};
