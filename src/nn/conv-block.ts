/** @file Convolution, a norm of one's choice and ReLU: what decoders of segmentation_models.pytorch are made of. */
import type { Value } from "../graph/types.js";
import { relu } from "./blocks.js";
import { conv2d } from "./conv.js";
import { kaimingUniform } from "./initializers.js";
import { batchNorm2d, instanceNorm2d } from "./norm.js";
import type { Scope } from "./scope.js";

/** Names of norms between convolution and ReLU. */
export const normNames = ["batchnorm", "instancenorm", "identity"] as const;

export type NormName = (typeof normNames)[number];

const norms: { readonly [Name in NormName]: (scope: Scope, x: Value) => Value } = {
  batchnorm: (scope, x) => batchNorm2d(scope, x),
  instancenorm: (scope, x) => instanceNorm2d(scope, x),
  identity: (_, x) => x,
};

/** The norm of a name on [N, C, H, W]; `identity` is none. */
export const namedNorm = (scope: Scope, x: Value, norm: NormName): Value => norms[norm](scope, x);

export interface ConvBlockOptions {
  readonly outChannels: number;
  readonly kernel: 1 | 3;
  readonly norm: NormName;
}

/** Convolution that keeps the size, at place 0, its norm at place 1, and ReLU; the convolution has a bias where there is no norm. */
export function convBlock(scope: Scope, x: Value, { outChannels, kernel, norm }: ConvBlockOptions): Value {
  const bias = norm === "identity";
  const y = conv2d(scope.at(0), x, { outChannels, kernel, padding: "same", bias, initializer: kaimingUniform });
  return relu(scope, namedNorm(scope.at(1), y, norm));
}
