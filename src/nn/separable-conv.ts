/** @file Depthwise separable convolution (Chollet 2016, Xception, https://arxiv.org/abs/1610.02357). */
import type { Value } from "../graph/types.js";
import { channelsOf, conv2d } from "./conv.js";
import type { Initializer } from "./initializers.js";
import type { Scope } from "./scope.js";

export interface SeparableConv2dOptions {
  readonly outChannels: number;
  readonly dilation?: number;
  readonly initializer: Initializer;
}

/**
 * A 3x3 convolution of each channel by itself at place 0 and a 1x1 convolution over the channels at place 1, without bias
 * and with nothing in between: [N, C, H, W] to [N, outChannels, H, W].
 */
export function separableConv2d(
  scope: Scope,
  x: Value,
  { outChannels, dilation = 1, initializer }: SeparableConv2dOptions,
): Value {
  const groups = channelsOf(x);
  const common = { bias: false, initializer };
  const depthwise = { ...common, outChannels: groups, kernel: 3, padding: "same", dilation, groups } as const;
  return conv2d(scope.at(1), conv2d(scope.at(0), x, depthwise), { ...common, outChannels, kernel: 1 });
}
