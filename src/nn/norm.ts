/**
 * @file Normalization layers with PyTorch's names `weight` and `bias`; BatchNorm (Ioffe and Szegedy 2015,
 * https://arxiv.org/abs/1502.03167) also with `running_mean` and `running_var`, updated as PyTorch does.
 */
import { ShapeError } from "../errors/index.js";
import {
  BatchNormalization,
  BatchNormTraining,
  GroupNormalization,
  InstanceNormalization,
  LayerNormalization,
  movedMean,
  movedVariance,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { channelsOf } from "./conv.js";
import { type Initializer, ones, zeros } from "./initializers.js";
import type { Scope } from "./scope.js";

export interface BatchNorm2dOptions {
  /** Added to the variance before its root is taken. */
  readonly eps?: number;
  /** Share of the batch's statistics in the running ones. */
  readonly momentum?: number;
  /** Whether each channel has a trainable scale and offset. */
  readonly affine?: boolean;
  /** How the scale starts; zeros make a residual branch start as nothing. */
  readonly initializer?: Initializer;
}

/** Scale and offset of a norm; ones and zeros where it has none. */
function scaleAndOffset(scope: Scope, x: Value, size: number, affine: boolean, initializer = ones): [Value, Value] {
  const fixed = (value: number): Value =>
    x.graph.constant((x.dtype === "float64" ? new Float64Array(size) : new Float32Array(size)).fill(value), [size]);
  return affine
    ? [scope.parameter("weight", [size], initializer), scope.parameter("bias", [size], zeros)]
    : [fixed(1), fixed(0)];
}

/**
 * Batch normalization of [N, C, H, W] over N, H and W: `y = (x - mean) / sqrt(variance + eps) * weight + bias`.
 *
 * In train mode with the batch's own mean and biased variance, and the running statistics move towards the batch's by
 * `momentum` (the variance in its unbiased form, as PyTorch does); in eval mode, or where the network state freezes the
 * layer, with the running statistics.
 *
 * @throws ShapeError in train mode when a channel has a single value, whose variance is nothing to learn from.
 */
export function batchNorm2d(
  scope: Scope,
  x: Value,
  { eps = 1e-5, momentum = 0.1, affine = true, initializer = ones }: BatchNorm2dOptions = {},
): Value {
  const channels = channelsOf(x);
  const [weight, bias] = scaleAndOffset(scope, x, channels, affine, initializer);
  const runningMean = scope.buffer("running_mean", [channels], zeros);
  const runningVariance = scope.buffer("running_var", [channels], ones);
  if (!scope.training || scope.state.isFrozenNorm(scope.path))
    return scope.run(() => BatchNormalization(x, weight, bias, runningMean, runningVariance, { epsilon: eps }));

  const [n, , h, w] = x.shape as [number, number, number, number];
  const count = n * h * w;
  if (count < 2)
    throw new ShapeError({
      layer: scope.path,
      expected: "more than one value in each channel of a batch",
      found: `a map of ${n}x${channels}x${h}x${w}`,
      next: "Use a batch of at least 2; larger images help too unless the layer stands behind a mean over the image.",
    });
  return scope.run(() => {
    const { y, mean, variance } = BatchNormTraining(x, weight, bias, { epsilon: eps });
    // A layer that is used twice moves its statistics twice.
    const now = (name: string, before: Value): Value =>
      scope.state.updates.get(scope.state.fullName(scope.at(name).path)) ?? before;
    scope.updateBuffer("running_mean", movedMean(now("running_mean", runningMean), mean, momentum));
    scope.updateBuffer("running_var", movedVariance(now("running_var", runningVariance), variance, momentum, count));
    return y;
  });
}

export interface NormOptions {
  /** Added to the variance before its root is taken. */
  readonly eps?: number;
  /** Whether there is a trainable scale and offset. */
  readonly affine?: boolean;
}

/** Normalization of groups of neighbouring channels of each image [N, C, H, W] (Wu and He 2018, https://arxiv.org/abs/1803.08494). */
export function groupNorm(
  scope: Scope,
  x: Value,
  groups: number,
  { eps = 1e-5, affine = true }: NormOptions = {},
): Value {
  const [weight, bias] = scaleAndOffset(scope, x, channelsOf(x), affine);
  return scope.run(() => GroupNormalization(x, groups, weight, bias, { epsilon: eps }));
}

/** Normalization of each channel of each image [N, C, H, W] (Ulyanov et al. 2016, https://arxiv.org/abs/1607.08022); as in PyTorch without scale and offset unless asked for. */
export function instanceNorm2d(scope: Scope, x: Value, { eps = 1e-5, affine = false }: NormOptions = {}): Value {
  const [weight, bias] = scaleAndOffset(scope, x, channelsOf(x), affine);
  return scope.run(() => InstanceNormalization(x, weight, bias, { epsilon: eps }));
}

/** Normalization over the last axis of [..., C] (Ba et al. 2016, https://arxiv.org/abs/1607.06450). */
export function layerNorm(scope: Scope, x: Value, { eps = 1e-5, affine = true }: NormOptions = {}): Value {
  const [weight, bias] = scaleAndOffset(scope, x, x.shape.at(-1) as number, affine);
  return scope.run(() => LayerNormalization(x, weight, bias, { axis: -1, epsilon: eps }));
}
