/**
 * @file BatchNorm (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) with PyTorch's names and update rule:
 * `weight`, `bias`, `running_mean`, `running_var`.
 */
import { ShapeError } from "../errors/index.js";
import { Add, Div, Mul, ReduceMean, Reshape, Sqrt, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { channelsOf } from "./conv.js";
import { type Initializer, ones, zeros } from "./initializers.js";
import type { Scope } from "./scope.js";

const perChannel = (v: Value): Value => Reshape(v, [1, v.shape[0]!, 1, 1]);

function BatchNormalization(
  x: Value,
  weight: Value,
  bias: Value,
  mean: Value,
  variance: Value,
  { epsilon }: { epsilon: number },
): Value {
  const scale = Div(weight, Sqrt(Add(variance, epsilon)));
  return Add(Mul(x, perChannel(scale)), perChannel(Sub(bias, Mul(mean, scale))));
}

function BatchNormTraining(
  x: Value,
  weight: Value,
  bias: Value,
  { epsilon }: { epsilon: number },
): { y: Value; mean: Value; variance: Value } {
  const mean = ReduceMean(x, { axes: [0, 2, 3], keepdims: true });
  const centred = Sub(x, mean);
  const variance = ReduceMean(Mul(centred, centred), { axes: [0, 2, 3], keepdims: true });
  const channels = [x.shape[1]!];
  const y = Add(Mul(centred, Div(perChannel(weight), Sqrt(Add(variance, epsilon)))), perChannel(bias));
  return { y, mean: Reshape(mean, channels), variance: Reshape(variance, channels) };
}

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
  const fixed = (value: number): Value => x.graph.constant(new Float32Array(channels).fill(value), [channels]);
  const weight = affine ? scope.parameter("weight", [channels], initializer) : fixed(1);
  const bias = affine ? scope.parameter("bias", [channels], zeros) : fixed(0);
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
      next: "Use a batch of at least 2 or larger images.",
    });
  return scope.run(() => {
    const { y, mean, variance } = BatchNormTraining(x, weight, bias, { epsilon: eps });
    const blend = (name: string, running: Value, batch: Value, factor: number): void => {
      // A layer that is used twice moves its statistics twice.
      const before = scope.state.updates.get(scope.at(name).path) ?? running;
      scope.updateBuffer(name, Add(Mul(before, 1 - momentum), Mul(batch, momentum * factor)));
    };
    blend("running_mean", runningMean, mean, 1);
    blend("running_var", runningVariance, variance, count / (count - 1));
    return y;
  });
}
