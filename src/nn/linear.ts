/** @file Fully connected layers with PyTorch's parameter names `weight` and `bias`. */
import { Add, MatMul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Initializer, torchDefault, uniform } from "./initializers.js";
import type { Scope } from "./scope.js";

export interface LinearOptions {
  readonly outFeatures: number;
  readonly bias?: boolean;
  readonly initializer?: Initializer;
  readonly biasInitializer?: Initializer;
}

/** `x W' + b` over the last axis: [..., inFeatures] to [..., outFeatures]. */
export function linear(
  scope: Scope,
  x: Value,
  { outFeatures, bias = true, initializer = torchDefault, biasInitializer }: LinearOptions,
): Value {
  const inFeatures = x.shape.at(-1) as number;
  const weight = scope.parameter("weight", [outFeatures, inFeatures], initializer);
  const offset = bias
    ? scope.parameter("bias", [outFeatures], biasInitializer ?? uniform(1 / Math.sqrt(inFeatures)))
    : null;
  return scope.run(() => {
    const y = MatMul(x, weight, { transB: true });
    return offset ? Add(y, offset) : y;
  });
}
