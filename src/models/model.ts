/** @file What an architecture declares about itself; the registry lists them. */
import type { z } from "zod";
import type { Value } from "../graph/types.js";
import type { Scope } from "../nn/scope.js";

/** What a network gives: logits [N, numClasses, H, W], and while training what else it learns from. */
export interface NetworkOutputs {
  readonly logits: Value;
  /** Logits of auxiliary heads. */
  readonly aux?: readonly { readonly logits: Value; readonly weight: number }[];
  /**
   * Places `row * W + column` [N, P] in the image, int32, for networks that are trained on some of its pixels: the logits are
   * [N, numClasses, 1, P] then.
   */
  readonly samples?: Value;
  /** Losses that the network brings itself: each gives a number from class indices [N, H, W], int32. */
  readonly sideLosses?: readonly { readonly weight: number; loss(target: Value): Value }[];
}

export interface Architecture<Options = unknown> {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly paper: string;
  readonly year: number;
  /** Options with defaults and descriptions, from which the command line, plans and docs are derived. */
  readonly options: z.ZodType<Options>;
  /** Options that make training on a CPU bearable, taken there unless others are given. */
  readonly onCpu?: Partial<Options>;
  /** Whether the output keeps the size of the input; valid-convolution networks give a smaller map and predict by overlapping tiles. */
  readonly keepsSize: boolean;
  /**
   * For networks that do not keep the size: the smallest input side from which at least `output` pixels come out, and how
   * many do; the output is the middle of the input.
   */
  inputFor?(output: number, options: Options): { readonly input: number; readonly output: number };
  /**
   * Builds the network into the scope's graph: `image` is [N, C, H, W] of any size the architecture states, sizes may be symbolic.
   *
   * @throws ShapeError when the image is too small.
   */
  build(scope: Scope, image: Value, numClasses: number, options: Options): NetworkOutputs;
}
