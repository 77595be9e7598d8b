/** @file Method: how a training step learns from images without labels, as a function over symbolic tensors; the registry lists them. */
import type { z } from "zod";
import type { MixKind } from "../data/mixing.js";
import type { Graph, Value } from "../graph/index.js";
import type { NetworkOutputs } from "../models/model.js";
import type { Scope } from "../nn/scope.js";

/** A batch of images without labels. */
export interface UnlabelledImages {
  /** Moved and mirrored, otherwise as they are: [N, C, H, W]. */
  readonly weak: Value;
  /** The same, each with strong changes of colour: [N, C, H, W], as many as the method asks for. */
  readonly strong: readonly Value[];
  /** 1 where there is image, 0 in the padding around it: [N, H, W]. */
  readonly valid: Value;
  /** True classes for study where they are known, the number of classes elsewhere: int32 [N, H, W]. Never to be learnt from. */
  readonly truth: Value;
}

/** What a method finds when it writes a step. Networks may be called as often as wanted. */
export interface MethodContext {
  readonly graph: Graph;
  readonly numClasses: number;
  /** Labelled images [N, C, H, W] and their masks int32 [N, H, W]. */
  readonly image: Value;
  readonly target: Value;
  /** @throws UsageError when the step has none. */
  readonly unlabelled: UnlabelledImages;
  /** Share of the run that is behind, 0 to 1: a scalar. */
  readonly fraction: Value;
  /** Highest learning rate of the run. */
  readonly learningRate: number;
  /** Weights that pixels of each class have in the loss of labelled images; null where there are none. */
  readonly classWeights: readonly number[] | null;
  /** The network that is trained, in train mode. */
  student(image: Value): NetworkOutputs;
  /**
   * The same with the decoder run twice: on the encoder's feature maps and on copies with half of the channels dropped. The logits
   * are [2N, K, H, W].
   *
   * @throws UsageError for networks whose encoder is not apart from their decoder.
   */
  studentPerturbed(image: Value, dropout: number): NetworkOutputs;
  /** The moving average of the network, in eval mode. */
  teacher(image: Value): NetworkOutputs;
  /** A second network of the same structure that starts otherwise, in train mode. */
  second(image: Value): NetworkOutputs;
  /** A network of the method's own, whose parameters are called `NAME.…` and are trained by the rival loss of that name. */
  own(name: string, build: (scope: Scope) => Value): Value;
  /** The plan's loss of what a network gives for the labelled images, with auxiliary heads and its own losses. */
  supervised(outputs: NetworkOutputs): Value;
  /** Random boxes of mixing number `index`: 1 inside, 0 outside, [N, 1, H, W]. */
  boxes(index: number): Value;
  /** Random numbers in (0, 1) of mixing number `index`: [N, K]. */
  priority(index: number): Value;
}

/** What a method makes of a step. */
export interface MethodStep {
  /** The loss of the network (and of the second one). */
  readonly loss: Value;
  /** Losses of the method's own networks, by name, with the highest learning rate of each. */
  readonly rivals?: { readonly [name: string]: { readonly loss: Value; readonly learningRate: number } };
  /** Table [5, K] of `countPseudoLabels`. */
  readonly pseudo?: Value;
}

/** A method: what it needs, and how it writes a step. */
export interface Method<Options = unknown> {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly paper: string;
  readonly year: number;
  readonly options: z.ZodType<Options>;
  /** Whether it learns from unlabelled images. */
  readonly unlabelled: boolean;
  /** Decay of the moving average that it needs unless another is given; without it none is needed. */
  ema?(options: Options): number | undefined;
  /** Strong views of each unlabelled image. */
  strongViews(options: Options): number;
  /** Whether these are changed strongly in colour, which is the default. */
  strong?(options: Options): boolean;
  /** Boxes in each image that mixing pastes: a single one, or several that cover a share of it together. */
  readonly boxes?: MixKind;
  build(context: MethodContext, options: Options): MethodStep;
}
