/** @file Networks of segmentation_models.pytorch. */
import { LogSoftmax, Resize, Sigmoid, Softmax, Tanh } from "../../../src/graph/ops/index.js";
import type { Value } from "../../../src/graph/types.js";
import type { GivenOptions } from "../../../src/models/options.js";
import type { Literal } from "../call.js";
import { type Arguments, network, only, type Reference, type ReferenceNetwork } from "./reference.js";

/** Activations of smp's heads; `softmax` without an axis means the classes too. */
const activations: { readonly [name: string]: (logits: Value) => Value } = {
  identity: (logits) => logits,
  sigmoid: Sigmoid,
  tanh: Tanh,
  softmax: (logits) => Softmax(logits, 1),
  softmax2d: (logits) => Softmax(logits, 1),
  logsoftmax: (logits) => LogSoftmax(logits, 1),
};

/** The network with the head's activation behind it. */
function activated(inner: ReferenceNetwork, given: Arguments): ReferenceNetwork {
  only(given, "activation", null, ...Object.keys(activations));
  const activation = activations[(given.activation as string | null) ?? "identity"]!;
  return (scope, image) => {
    const outputs = inner(scope, image);
    return { ...outputs, logits: activation(outputs.logits) };
  };
}

/**
 * The logits stretched by a factor. Ours are in the image's size; where smp's are not, the factor acts on what goes into
 * our last resizing.
 */
function stretched(logits: Value, image: Value, factor: number): Value {
  const { source } = logits;
  const coarse = source.kind === "node" && source.node.op === "Resize" ? source.node.inputs[0]! : logits;
  const size = coarse.shape.slice(2).map((side) => (side as number) * Math.max(1, factor)) as [number, number];
  const same = size.every((side, i) => side === image.shape[i + 2]);
  return same ? logits : Resize(coarse, size, "bilinear", true);
}

/** smp's words for norms: booleans are its older ones. */
const norm = (value: Literal | undefined): unknown =>
  value === true ? "batchnorm" : value === false ? "identity" : value;

const encoder: Arguments = { encoder_name: "resnet34", encoder_depth: 5, encoder_weights: "imagenet" };
const ends: Arguments = { in_channels: 3, classes: 1, activation: null };
const aux: Arguments = { aux_params: null };

/** A row for the architecture of a name; the options besides encoder and depth come from the arguments. */
function row(
  callee: string,
  architecture: string,
  parameters: Arguments,
  options: (given: Arguments) => GivenOptions,
): Reference {
  return {
    project: "segmentation_models.pytorch",
    callee: `smp.${callee}`,
    parameters,
    network: (given) => {
      only(given, "aux_params", null);
      const common = { encoder: given.encoder_name, depth: given.encoder_depth };
      const inner = network(architecture, { ...common, ...options(given) }, given.classes!);
      const { upsampling } = given;
      if (typeof upsampling !== "number") return activated(inner, given);
      return activated((scope, image) => {
        const outputs = inner(scope, image);
        return { ...outputs, logits: stretched(outputs.logits, image, upsampling) };
      }, given);
    },
  };
}

const atrous = (given: Arguments): GivenOptions => ({
  outputStride: given.encoder_output_stride,
  channels: given.decoder_channels,
  rates: given.decoder_atrous_rates,
  separable: given.decoder_aspp_separable,
  dropout: 0,
});

export const smpReferences: readonly Reference[] = [
  row(
    "Unet",
    "unet-encoder",
    {
      ...encoder,
      decoder_use_norm: "batchnorm",
      decoder_channels: [256, 128, 64, 32, 16],
      decoder_attention_type: null,
      decoder_interpolation: "nearest",
      ...ends,
      ...aux,
      decoder_use_batchnorm: null,
    },
    (given) => ({
      decoderChannels: given.decoder_channels,
      decoderNorm: norm(given.decoder_use_batchnorm ?? given.decoder_use_norm),
      decoderAttention: given.decoder_attention_type ?? "none",
      interpolation: given.decoder_interpolation,
    }),
  ),
  row(
    "DeepLabV3",
    "deeplabv3",
    {
      ...encoder,
      encoder_output_stride: 8,
      decoder_channels: 256,
      decoder_atrous_rates: [12, 24, 36],
      decoder_aspp_separable: false,
      decoder_aspp_dropout: 0.5,
      ...ends,
      upsampling: null,
      ...aux,
    },
    atrous,
  ),
  row(
    "DeepLabV3Plus",
    "deeplabv3plus",
    {
      ...encoder,
      encoder_output_stride: 16,
      decoder_channels: 256,
      decoder_atrous_rates: [12, 24, 36],
      decoder_aspp_separable: true,
      decoder_aspp_dropout: 0.5,
      ...ends,
      upsampling: 4,
      ...aux,
    },
    atrous,
  ),
  row(
    "PSPNet",
    "pspnet",
    {
      encoder_name: "resnet34",
      encoder_weights: "imagenet",
      encoder_depth: 3,
      psp_out_channels: 512,
      decoder_use_norm: "batchnorm",
      psp_dropout: 0.2,
      ...ends,
      upsampling: 8,
      ...aux,
      psp_use_batchnorm: null,
      output_stride: 32,
    },
    (given) => ({
      outputStride: given.output_stride,
      channels: given.psp_out_channels,
      decoderNorm: norm(given.psp_use_batchnorm ?? given.decoder_use_norm),
      dropout: 0,
    }),
  ),
  row(
    "FPN",
    "fpn",
    {
      ...encoder,
      decoder_pyramid_channels: 256,
      decoder_segmentation_channels: 128,
      decoder_merge_policy: "add",
      decoder_dropout: 0.2,
      decoder_interpolation: "nearest",
      ...ends,
      upsampling: 4,
      ...aux,
    },
    (given) => ({
      pyramidChannels: given.decoder_pyramid_channels,
      segmentationChannels: given.decoder_segmentation_channels,
      merge: given.decoder_merge_policy,
      interpolation: given.decoder_interpolation,
      dropout: 0,
    }),
  ),
  row(
    "Linknet",
    "linknet-encoder",
    { ...encoder, decoder_use_norm: "batchnorm", ...ends, ...aux, decoder_use_batchnorm: null },
    (given) => ({ decoderNorm: norm(given.decoder_use_batchnorm ?? given.decoder_use_norm) }),
  ),
  row(
    "Segformer",
    "segformer",
    { ...encoder, decoder_segmentation_channels: 256, ...ends, upsampling: 4, ...aux },
    (given) => ({ channels: given.decoder_segmentation_channels, dropPath: 0 }),
  ),
];
