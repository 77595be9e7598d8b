/** @file What the constructors of segmentation_models.pytorch have in common. */
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
export const norm = (value: Literal | undefined): unknown =>
  value === true ? "batchnorm" : value === false ? "identity" : value;

export /** Parameters that most constructors begin and end with. */
const encoder: Arguments = { encoder_name: "resnet34", encoder_depth: 5, encoder_weights: "imagenet" };
export const ends: Arguments = { in_channels: 3, classes: 1, activation: null };
export const aux: Arguments = { aux_params: null };

/** A row for the architecture of a name; the options besides encoder and depth come from the arguments. */
export function row(
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
