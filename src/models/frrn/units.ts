/** @file The units of FRRN (Pohlen et al. 2016, https://arxiv.org/abs/1611.08323, figure 2), named as in meetps/pytorch-semseg. */
import { Add, Concat } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { fanIn, type Initializer, kaimingUniform, uniform } from "../../nn/initializers.js";
import { batchNorm2d, groupNorm } from "../../nn/norm.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";

/** What all units of a network have in common. */
export interface FrrnStyle {
  readonly form: "paper" | "meetps";
  readonly norm: "batchnorm" | "groupnorm";
  readonly groups: number;
  /** Added to the variance before its root is taken. */
  readonly eps: number;
  /** Channels of the residual stream. */
  readonly lanes: number;
}

/** He et al.'s start in front of no ReLU. */
export const linearStart: Initializer = uniform((shape) => Math.sqrt(3 / fanIn(shape)));

export const normOf = (scope: Scope, x: Value, { norm, groups, eps }: FrrnStyle): Value =>
  norm === "batchnorm" ? batchNorm2d(scope, x, { eps }) : groupNorm(scope, x, groups, { eps });

interface UnitOptions {
  readonly outChannels: number;
  readonly kernel?: number;
  readonly bias?: boolean;
  readonly active?: boolean;
}

/** Convolution that keeps the size, norm and, unless it is not to be `active`, ReLU. */
export function unit(
  scope: Scope,
  x: Value,
  { outChannels, kernel = 3, bias = false, active = true }: UnitOptions,
  style: FrrnStyle,
): Value {
  // cbr and cgr stand for convolution, batch or group norm, ReLU.
  const name = `c${style.norm === "batchnorm" ? "b" : "g"}${active ? "r" : ""}_unit`;
  const initializer = active ? kaimingUniform : linearStart;
  const y = conv2d(scope.at(name, 0), x, { outChannels, kernel, padding: "same", bias, initializer });
  const normed = normOf(scope.at(name, 1), y, style);
  return active ? relu(scope.at(name, 2), normed) : normed;
}

/** RU: two convolutions, added to what comes in, or to a 1x1 convolution of it where the channels differ. */
export function residualUnit(scope: Scope, x: Value, outChannels: number, style: FrrnStyle): Value {
  const inner = unit(scope.at("conv1"), x, { outChannels }, style);
  const branch = unit(scope.at("conv2"), inner, { outChannels, active: false }, style);
  const shortcut =
    channelsOf(x) === outChannels
      ? x
      : conv2d(scope.at("shortcut"), x, { outChannels, kernel: 1, bias: false, initializer: linearStart });
  return scope.run(() => Add(branch, shortcut));
}

/**
 * FRRU: reads the pooling stream `y` at stride `scale` and the residual stream `z` at stride 1; gives the new `y` of
 * `outChannels`, and `z` with what a 1x1 convolution makes of it.
 */
export function frru(
  scope: Scope,
  y: Value,
  z: Value,
  { outChannels, scale }: { readonly outChannels: number; readonly scale: number },
  style: FrrnStyle,
): { readonly y: Value; readonly z: Value } {
  const pooled = maxPool2d(scope, z, { kernel: scale });
  const joined = scope.run(() => Concat([y, pooled], 1));
  const first = unit(scope.at("conv1"), joined, { outChannels }, style);
  const next = unit(scope.at("conv2"), first, { outChannels }, style);
  const residual = conv2d(scope.at("conv_res"), next, {
    outChannels: style.lanes,
    kernel: 1,
    initializer: linearStart,
  });
  const wide = resizeLike(scope, residual, z, { mode: "nearest" });
  return { y: next, z: scope.run(() => Add(z, wide)) };
}
