/** @file Step: what a training step is compiled from and what comes of it; names of the tensors that live from step to step. */
import type { Target } from "../graph/index.js";
import type { LossFunction } from "../losses/index.js";
import type { NetworkChoice } from "../models/registry.js";
import type { Initializer } from "../nn/initializers.js";
import type { NetworkStateOptions } from "../nn/scope.js";
import type { UpdateOptions } from "../optim/index.js";
import type { MethodChoice } from "../semi/methods/registry.js";

/** A network for a data set. */
export interface NetworkSpec extends NetworkChoice {
  readonly numClasses: number;
  /** Channels of the image. */
  readonly channels: number;
  readonly stateOptions?: NetworkStateOptions;
}

export type { LossFunction };

/** The method of a step, and what it finds there. */
export interface MethodSpec extends MethodChoice {
  /** Unlabelled images of a micro-batch. */
  readonly unlabelledBatch: number;
  /** Highest learning rate of the run. */
  readonly learningRate: number;
  /** What masks hold in the padding around images. */
  readonly ignoreIndex: number;
  /** Weights that pixels of each class have in the loss; null where there are none. */
  readonly classWeights: readonly number[] | null;
}

export interface StepSpec {
  readonly network: NetworkSpec;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly loss: LossFunction;
  /** Whether the loss takes a weight map, which then is an input `pixel weights` [N, H, W]. */
  readonly weightMap?: boolean;
  readonly update: Pick<UpdateOptions, "optimizer" | "groups" | "clipping">;
  /** Decay of the exponential moving average of the weights; without it none is kept. */
  readonly ema?: number;
  /** How unlabelled images are learnt from; without it they are not. */
  readonly method?: MethodSpec;
  readonly target: Target;
  readonly channelBlock: number;
}

/** Name of the moving average of a parameter or buffer. */
export const averageName = (name: string): string => `ema.${name}`;
/** Put before the names of the tensors of a second network of the same structure. */
export const secondPrefix = "second.";

/** The name that the first network has for a tensor of the first or second. */
export const firstName = (name: string): string =>
  name.startsWith(secondPrefix) ? name.slice(secondPrefix.length) : name;

/** Name of the sum of a parameter's gradients over micro-batches. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** A tensor that lives from step to step: how it is called, how large it is, how it starts. */
export interface ResidentTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `companion`: of a network that a method trains beside the one that is kept. */
  readonly kind: "parameter" | "buffer" | "slot" | "average" | "gradient" | "companion";
  readonly initializer: Initializer;
}

export interface CompiledStep {
  /** Bytes of the ONNX model: inputs `image`, `target`, `learning rate`, `step` (and `seed`) and all residents; outputs `loss`, `gradient norm` and `next NAME`. */
  readonly model: Uint8Array;
  readonly residents: readonly ResidentTensor[];
  /** Resident tensor that each output replaces. */
  readonly writes: { readonly [output: string]: string };
  readonly usesSeed: boolean;
  /** Whether there is an output `gradient norm`, and one `pseudo`: what became of pseudo-labels. */
  readonly hasNorm: boolean;
  readonly hasPseudo: boolean;
  /** Names of the inputs that are no residents. */
  readonly inputs: readonly string[];
  /** Nodes of the model as ONNX Runtime sees it. */
  readonly nodes: number;
  /** Floating point operations of convolutions and matrix products. */
  readonly flops: number;
}
