/** @file Squeeze and excitation (Hu et al. 2017, https://arxiv.org/abs/1709.01507): channels weighed by what the whole map shows. */
import { GlobalAveragePool, Mul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { channelsOf, conv2d } from "./conv.js";
import { type Initializer, torchDefault, uniform, zeros } from "./initializers.js";
import type { Scope } from "./scope.js";

export interface SqueezeExcitationOptions {
  /** Channels between the two 1x1 convolutions. */
  readonly channels: number;
  /** Names of these inside the scope; `fc1` and `fc2`, as in torchvision, unless given. */
  readonly names?: readonly [reduce: string, expand: string];
  readonly activation: (x: Value) => Value;
  /** What makes factors of the second convolution's output. */
  readonly gate: (x: Value) => Value;
  /** How kernels start; biases start at zero, or as PyTorch's own do when the kernels do. */
  readonly initializer: Initializer;
}

/** `x * gate(expand(activation(reduce(mean of x over H and W))))` for `x` [N, C, H, W]. */
export function squeezeExcitation(
  scope: Scope,
  x: Value,
  { channels, names: [reduce, expand] = ["fc1", "fc2"], activation, gate, initializer }: SqueezeExcitationOptions,
): Value {
  const pointwise = (name: string, y: Value, outChannels: number): Value => {
    const biasInitializer = initializer === torchDefault ? uniform(1 / Math.sqrt(channelsOf(y))) : zeros;
    return conv2d(scope.at(name), y, { outChannels, kernel: 1, initializer, biasInitializer });
  };
  return scope.run(() => {
    const narrow = activation(pointwise(reduce, GlobalAveragePool(x), channels));
    return Mul(x, gate(pointwise(expand, narrow, channelsOf(x))));
  });
}
