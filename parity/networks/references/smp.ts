/** @file Networks of segmentation_models.pytorch. */
import { LogSoftmax, Sigmoid, Softmax, Tanh } from "../../../src/graph/ops/index.js";
import type { Value } from "../../../src/graph/types.js";
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

export const smpReferences: readonly Reference[] = [
  {
    project: "segmentation_models.pytorch",
    callee: "smp.Unet",
    parameters: {
      encoder_name: "resnet34",
      encoder_depth: 5,
      encoder_weights: "imagenet",
      decoder_use_norm: "batchnorm",
      decoder_channels: [256, 128, 64, 32, 16],
      decoder_attention_type: null,
      decoder_interpolation: "nearest",
      in_channels: 3,
      classes: 1,
      activation: null,
      aux_params: null,
      decoder_use_batchnorm: null,
    },
    network: (given) => {
      only(given, "aux_params", null);
      const norm = given.decoder_use_batchnorm ?? given.decoder_use_norm;
      const options = {
        encoder: given.encoder_name,
        depth: given.encoder_depth,
        decoderChannels: given.decoder_channels,
        decoderNorm: norm === true ? "batchnorm" : norm === false ? "identity" : norm,
        decoderAttention: given.decoder_attention_type ?? "none",
        interpolation: given.decoder_interpolation,
      };
      return activated(network("unet-encoder", options, given.classes!), given);
    },
  },
];
