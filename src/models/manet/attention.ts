/** @file The two attention blocks of MA-Net, with the parameter names of segmentation_models.pytorch. */
import { product } from "../../graph/dim.js";
import { Add, Concat, GlobalAveragePool, MatMul, Mul, Relu, Reshape, Sigmoid, Softmax } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf, conv2d } from "../../nn/conv.js";
import { convBlock, type NormName } from "../../nn/conv-block.js";
import { kaimingUniform } from "../../nn/initializers.js";
import { type ResizeLayerOptions, resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";

const initializer = kaimingUniform;

/**
 * Position-wise attention: every position of [N, C, H, W] gets a mixture of all positions, weighed by products of two maps of
 * `channels` channels. As in the reference one softmax runs over all pairs of positions, and the mixture [N, H*W, C] is read
 * as [N, C, H, W] without transposing it.
 */
export function positionAttention(scope: Scope, x: Value, channels: number): Value {
  const [n, c, h, w] = x.shape as [Value["shape"][0], number, Value["shape"][0], Value["shape"][0]];
  const positions = product([h, w]);
  const flat = (name: string, outChannels: number, kernel: 1 | 3): Value => {
    const map = conv2d(scope.at(name), x, { outChannels, kernel, padding: "same", initializer });
    return scope.run(() => Reshape(map, [n, outChannels, positions]));
  };
  const top = flat("top_conv", channels, 1);
  const center = flat("center_conv", channels, 1);
  const bottom = flat("bottom_conv", c, 3);
  const mixed = scope.run(() => {
    const pairs = Reshape(MatMul(center, top, { transA: true }), [n, product([positions, positions])]);
    const weights = Reshape(Softmax(pairs, 1), [n, positions, positions]);
    return Add(x, Reshape(MatMul(weights, bottom, { transB: true }), [n, c, h, w]));
  });
  return conv2d(scope.at("out_conv"), mixed, { outChannels: c, kernel: 3, padding: "same", initializer });
}

/** Weights in (0, 1) for the channels of `x`, made of their means (squeeze and excitation): [N, C, 1, 1]. */
function channelGate(scope: Scope, x: Value, reduction: number): Value {
  const channels = channelsOf(x);
  const narrow = Math.max(1, Math.floor(channels / reduction));
  const mean = scope.at(0).run(() => GlobalAveragePool(x));
  const squeezed = conv2d(scope.at(1), mean, { outChannels: narrow, kernel: 1, initializer });
  const active = scope.at(2).run(() => Relu(squeezed));
  const excited = conv2d(scope.at(3), active, { outChannels: channels, kernel: 1, initializer });
  return scope.at(4).run(() => Sigmoid(excited));
}

export interface FusionOptions {
  readonly norm: NormName;
  readonly mode: ResizeLayerOptions["mode"];
  /** How much narrower the gates are inside. */
  readonly reduction: number;
}

/**
 * The coarse map brought to the skip's channels and size, with its channels weighed by the sum of both maps' gates, and the
 * skip beside it: [N, 2 * C, H, W] for a skip [N, C, H, W].
 */
export function fuseByAttention(scope: Scope, x: Value, skip: Value, { norm, mode, reduction }: FusionOptions): Value {
  const inside = scope.at("hl_conv");
  const spatial = convBlock(inside.at(0), x, { outChannels: channelsOf(x), kernel: 3, norm });
  const narrow = convBlock(inside.at(1), spatial, { outChannels: channelsOf(skip), kernel: 1, norm });
  const high = resizeLike(scope, narrow, skip, { mode });
  const highGate = channelGate(scope.at("SE_hl"), high, reduction);
  const lowGate = channelGate(scope.at("SE_ll"), skip, reduction);
  return scope.run(() => Concat([Mul(high, Add(highGate, lowGate)), skip], 1));
}
