/** @file The table of reference constructors: each builds our network for the arguments of a call. */

import { LogSoftmax, Sigmoid, Softmax, Tanh } from "../../src/graph/ops/index.js";
import type { Value } from "../../src/graph/types.js";
import type { NetworkOutputs } from "../../src/models/model.js";
import type { GivenOptions } from "../../src/models/options.js";
import { chooseNetwork } from "../../src/models/registry.js";
import type { Scope } from "../../src/nn/scope.js";
import { type Call, type Literal, parseCall } from "./call.js";
import type { NetworkFixture } from "./fixture.js";

/** Our counterpart of a reference network, with all randomness off. */
export type ReferenceNetwork = (scope: Scope, image: Value) => NetworkOutputs;

export type Arguments = { readonly [name: string]: Literal };

export interface Reference {
  /** Text that the fixture's `reference.project` contains. */
  readonly project: string;
  readonly callee: string;
  /** Parameters of the constructor in order, with their defaults. */
  readonly parameters: Arguments;
  network(given: Arguments, fixture: NetworkFixture): ReferenceNetwork;
}

const network = (name: string, options: GivenOptions, numClasses: Literal): ReferenceNetwork => {
  const choice = chooseNetwork(name, options);
  return (scope, image) => choice.architecture.build(scope, image, numClasses as number, choice.options);
};

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

/** Requires an argument to have one of the values that we build. */
function only(given: Arguments, name: string, ...values: Literal[]): void {
  if (!values.some((value) => JSON.stringify(value) === JSON.stringify(given[name])))
    throw new Error(
      `${name}=${JSON.stringify(given[name])} is not built, only ${values.map((v) => JSON.stringify(v)).join(" or ")}`,
    );
}

const references: readonly Reference[] = [
  {
    project: "CPones/Image-Segmentation-for-Semi-Supervised-Learning",
    callee: "UNet",
    parameters: { num_classes: 2 },
    network: ({ num_classes }) => network("unet-contest", {}, num_classes!),
  },
  {
    project: "meetps/pytorch-semseg",
    callee: "unet",
    parameters: { feature_scale: 4, n_classes: 21, is_deconv: true, in_channels: 3, is_batchnorm: true },
    network: (given) => {
      // With is_deconv=False the reference's own channel counts do not fit.
      only(given, "is_deconv", true);
      const width = 64 / (given.feature_scale as number);
      return network("unet-paper", { width, batchNorm: given.is_batchnorm, dropout: 0 }, given.n_classes!);
    },
  },
  {
    project: "zijundeng/pytorch-semantic-segmentation",
    callee: "UNet",
    parameters: { num_classes: 0 },
    network: ({ num_classes }, { notes = [] }) => {
      const alignCorners = !notes.some((note) => note.includes("align_corners=False"));
      return network("unet-zijundeng", { alignCorners, dropout: 0 }, num_classes!);
    },
  },
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

/** Arguments by parameter name: defaults, then positional ones in order, then keywords. */
function bind(call: Call, parameters: Arguments): Arguments {
  const names = Object.keys(parameters);
  if (call.positional.length > names.length) throw new Error(`${call.callee} takes ${names.length} arguments`);
  const unknown = [...call.keywords.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`${call.callee} has no parameter ${unknown}`);
  return {
    ...parameters,
    ...Object.fromEntries(call.positional.map((value, i) => [names[i]!, value])),
    ...Object.fromEntries(call.keywords),
  };
}

/**
 * Our network for a fixture's reference.
 *
 * @throws Error when there is no such constructor in the table, or an argument has no counterpart.
 */
export function referenceNetwork(fixture: NetworkFixture): ReferenceNetwork {
  const call = parseCall(fixture.reference.call);
  const found = references.find(
    ({ project, callee }) => fixture.reference.project.includes(project) && callee === call.callee,
  );
  if (!found) throw new Error(`no counterpart of ${fixture.reference.call} of ${fixture.reference.project}`);
  return found.network(bind(call, found.parameters), fixture);
}
