/** @file Convolutions that start as PyTorch's own do: weight and bias uniform within 1/sqrt(fan-in). */
import type { Value } from "../graph/types.js";
import { type Conv2dOptions, type ConvTranspose2dOptions, channelsOf, conv2d, convTranspose2d, pair } from "./conv.js";
import { torchDefault, uniform } from "./initializers.js";
import type { Scope } from "./scope.js";

/** 1/sqrt(fan-in) for a kernel's sides and the channels that PyTorch counts. */
const bound = (channels: number, kernel: Conv2dOptions["kernel"]): number => {
  const [height, width] = pair(kernel);
  return 1 / Math.sqrt(channels * height * width);
};

/** `conv2d` with PyTorch's start. */
export const torchConv2d = (scope: Scope, x: Value, options: Conv2dOptions): Value =>
  conv2d(scope, x, {
    initializer: torchDefault,
    biasInitializer: uniform(bound(channelsOf(x) / (options.groups ?? 1), options.kernel)),
    ...options,
  });

/** `convTranspose2d` with PyTorch's start, which counts the output's channels as fan-in here. */
export const torchConvTranspose2d = (scope: Scope, x: Value, options: ConvTranspose2dOptions): Value =>
  convTranspose2d(scope, x, {
    initializer: torchDefault,
    biasInitializer: uniform(bound(options.outChannels / (options.groups ?? 1), options.kernel)),
    ...options,
  });
