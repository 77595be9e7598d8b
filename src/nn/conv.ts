/** @file Convolution layers with PyTorch's parameter names `weight` and `bias`. */
import { Conv, ConvTranspose } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { type Initializer, kaimingNormal, zeros } from "./initializers.js";
import type { Scope } from "./scope.js";

/** One number for both axes, or (height, width). */
export type Pair = number | readonly [number, number];

/** Top, left, bottom, right. */
export type Sides = readonly [number, number, number, number];

export const pair = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);

/** Channels of a feature map [N, C, H, W]. */
export const channelsOf = (x: Value): number => x.shape[1] as number;

export interface Conv2dOptions {
  readonly outChannels: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  /** Zeros around the map: on each side, or (top, left, bottom, right); `"same"` keeps the size at stride 1 for odd kernels. */
  readonly padding?: Pair | Sides | "same";
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly initializer?: Initializer;
  readonly biasInitializer?: Initializer;
}

/** 2-d convolution: [N, C, H, W] to [N, outChannels, H', W']. */
export function conv2d(
  scope: Scope,
  x: Value,
  {
    outChannels,
    kernel,
    stride = 1,
    padding = 0,
    dilation = 1,
    groups = 1,
    bias = true,
    initializer = kaimingNormal,
    biasInitializer = zeros,
  }: Conv2dOptions,
): Value {
  const [kernelHW, strides, dilations] = [pair(kernel), pair(stride), pair(dilation)];
  const pads = padding === "same" ? sides(kernelHW.map((k, i) => (dilations[i]! * (k - 1)) / 2)) : sides(padding);
  const weight = scope.parameter("weight", [outChannels, channelsOf(x) / groups, ...kernelHW], initializer);
  const offset = bias ? scope.parameter("bias", [outChannels], biasInitializer) : null;
  return scope.run(() => Conv(x, weight, offset, { strides, pads, dilations, group: groups }));
}

/** Padding as (top, left, bottom, right). */
function sides(padding: number | readonly number[]): Sides {
  const [top, left, bottom = top, right = left] = typeof padding === "number" ? [padding, padding] : padding;
  return [top!, left!, bottom!, right!];
}

export interface ConvTranspose2dOptions extends Omit<Conv2dOptions, "padding"> {
  readonly padding?: Pair;
  readonly outputPadding?: Pair;
}

/** Transposed 2-d convolution: [N, C, H, W] to [N, outChannels, (H-1)*stride - 2*padding + dilation*(kernel-1) + outputPadding + 1, ...]. */
export function convTranspose2d(
  scope: Scope,
  x: Value,
  {
    outChannels,
    kernel,
    stride = 1,
    padding = 0,
    outputPadding = 0,
    dilation = 1,
    groups = 1,
    bias = true,
    initializer = kaimingNormal,
    biasInitializer = zeros,
  }: ConvTranspose2dOptions,
): Value {
  const [top, left] = pair(padding);
  const weight = scope.parameter("weight", [channelsOf(x), outChannels / groups, ...pair(kernel)], initializer);
  const offset = bias ? scope.parameter("bias", [outChannels], biasInitializer) : null;
  return scope.run(() =>
    ConvTranspose(x, weight, offset, {
      strides: pair(stride),
      pads: [top, left, top, left],
      dilations: pair(dilation),
      group: groups,
      outputPadding: pair(outputPadding),
    }),
  );
}
