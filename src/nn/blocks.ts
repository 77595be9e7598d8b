/** @file Blocks that most networks are made of. */
import { Relu } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Conv2dOptions, conv2d } from "./conv.js";
import { type BatchNorm2dOptions, batchNorm2d } from "./norm.js";
import type { Scope } from "./scope.js";

/** `max(x, 0)`, as a node of this scope. */
export const relu = (scope: Scope, x: Value): Value => scope.run(() => Relu(x));

export interface ConvNormOptions extends Omit<Conv2dOptions, "kernel"> {
  readonly kernel?: Conv2dOptions["kernel"];
  /** Names of the convolution and the norm inside the scope; default `conv` and `bn`. */
  readonly names?: readonly [conv: string | number, norm: string | number];
  readonly norm?: BatchNorm2dOptions;
}

/** Convolution (3x3 that keeps the size, bias-free, unless told otherwise) and BatchNorm. */
export function convNorm(
  scope: Scope,
  x: Value,
  { names: [conv, norm] = ["conv", "bn"], norm: normOptions, ...options }: ConvNormOptions,
): Value {
  const y = conv2d(scope.at(conv), x, { kernel: 3, padding: "same", bias: false, ...options });
  return batchNorm2d(scope.at(norm), y, normOptions);
}

/** Convolution, BatchNorm and ReLU. */
export const convNormRelu = (scope: Scope, x: Value, options: ConvNormOptions): Value =>
  relu(scope, convNorm(scope, x, options));
