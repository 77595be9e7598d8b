/**
 * @file ENet's bottlenecks (Paszke et al. 2016, https://arxiv.org/abs/1606.02147, figure 2b): a main branch that is almost the
 * identity and an extension that works on a quarter of the channels; their sum is activated.
 *
 *     x ─┬─ (max pooling, or 1x1 and unpooling) ────────────── + ─ activation
 *        └─ 1x1 /4 ─ 3x3 | dilated | 5x1,1x5 | 2x2 up ─ 1x1 ─ dropout ┘
 */
import { Add, Concat, Expand, MaxPool, MaxUnpool } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNorm, relu } from "../../nn/blocks.js";
import { type Conv2dOptions, channelsOf, convTranspose2d } from "../../nn/conv.js";
import { dropout2d } from "../../nn/dropout.js";
import { torchDefault as initializer } from "../../nn/initializers.js";
import { batchNorm2d } from "../../nn/norm.js";
import { prelu } from "../../nn/prelu.js";
import type { Scope } from "../../nn/scope.js";

/** The unit behind each convolution: PReLU in the encoder, ReLU in the decoder unless asked otherwise. */
export type Activation = (scope: Scope, x: Value) => Value;

export const activations = { prelu, relu } as const satisfies Record<string, Activation>;

/** The middle of the extension. */
export type Middle = { readonly dilation: number } | { readonly asymmetric: number };

interface BottleneckOptions {
  readonly activation: Activation;
  /** Probability that a channel of the extension is dropped. */
  readonly dropout: number;
}

/** Channels inside the extension. */
const narrow = (channels: number): number => Math.floor(channels / 4);

/** Convolution, BatchNorm and activation at the places `at`, `at + 1`, `at + 2` of a sequence. */
function convUnit(scope: Scope, x: Value, at: number, activation: Activation, options: Conv2dOptions): Value {
  const y = convNorm(scope, x, { padding: "same", initializer, names: [at, at + 1], ...options });
  return activation(scope.at(at + 2), y);
}

function middleUnit(scope: Scope, x: Value, middle: Middle, activation: Activation): Value {
  const outChannels = channelsOf(x);
  if ("dilation" in middle)
    return convUnit(scope, x, 0, activation, { outChannels, kernel: 3, dilation: middle.dilation });
  const vertical = convUnit(scope, x, 0, activation, { outChannels, kernel: [middle.asymmetric, 1] });
  return convUnit(scope, vertical, 3, activation, { outChannels, kernel: [1, middle.asymmetric] });
}

function joined(scope: Scope, main: Value, extension: Value, { activation, dropout }: BottleneckOptions): Value {
  const kept = dropout2d(scope.at("ext_regul"), extension, dropout);
  const sum = scope.run(() => Add(main, kept));
  return activation(scope.at("out_activation"), sum);
}

/** A bottleneck that keeps size and channels. */
export function regular(scope: Scope, x: Value, middle: Middle, options: BottleneckOptions): Value {
  const { activation } = options;
  const first = convUnit(scope.at("ext_conv1"), x, 0, activation, { outChannels: narrow(channelsOf(x)), kernel: 1 });
  const second = middleUnit(scope.at("ext_conv2"), first, middle, activation);
  const third = convUnit(scope.at("ext_conv3"), second, 0, activation, { outChannels: channelsOf(x), kernel: 1 });
  return joined(scope, x, third, options);
}

/** A bottleneck that halves the size; the main branch is pooled and gets zeros as its further channels. */
export function downsampling(scope: Scope, x: Value, outChannels: number, options: BottleneckOptions): Value {
  const { activation } = options;
  const inner = narrow(channelsOf(x));
  const first = convUnit(scope.at("ext_conv1"), x, 0, activation, {
    outChannels: inner,
    kernel: 2,
    stride: 2,
    padding: 0,
  });
  const second = convUnit(scope.at("ext_conv2"), first, 0, activation, { outChannels: inner, kernel: 3 });
  const third = convUnit(scope.at("ext_conv3"), second, 0, activation, { outChannels, kernel: 1 });
  const main = scope.at("main_max1").run(() => {
    const pooled = MaxPool(x, [2, 2], { strides: [2, 2] });
    const [n, c, h, w] = pooled.shape;
    return Concat([pooled, Expand(x.graph.scalar(0, x.dtype), [n!, outChannels - (c as number), h!, w!])], 1);
  });
  return joined(scope, main, third, options);
}

/**
 * A bottleneck that doubles the size and gives as many channels as `pooled` has: the map whose pooling this one undoes, by
 * writing each value to the place where that pooling found its maximum.
 */
export function upsampling(scope: Scope, x: Value, pooled: Value, options: BottleneckOptions): Value {
  const { activation } = options;
  const outChannels = channelsOf(pooled);
  const inner = narrow(channelsOf(x));
  const narrowMain = convNorm(scope.at("main_conv1"), x, { outChannels, kernel: 1, initializer, names: [0, 1] });
  const main = scope.at("main_unpool1").run(() => MaxUnpool(pooled, narrowMain, [2, 2], { strides: [2, 2] }));

  const first = convUnit(scope.at("ext_conv1"), x, 0, activation, { outChannels: inner, kernel: 1 });
  const up = { outChannels: inner, kernel: 2, stride: 2, bias: false, initializer };
  const wide = convTranspose2d(scope.at("ext_tconv1"), first, up);
  const second = activation(scope.at("ext_tconv1_activation"), batchNorm2d(scope.at("ext_tconv1_bnorm"), wide));
  const third = convNorm(scope.at("ext_conv2"), second, { outChannels, kernel: 1, initializer, names: [0, 1] });
  return joined(scope, main, third, options);
}
