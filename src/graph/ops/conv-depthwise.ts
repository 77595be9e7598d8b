/**
 * @file Depthwise convolutions (one kernel for each channel) and their kernel gradient in ONNX Runtime's blocked layout
 * (conv-blocked.ts), where the channels of a block are computed at once; outside it each channel is a matrix product by itself.
 *
 * The kernel gradient is a depthwise convolution too, of the input with the cotangent as kernel, images standing as
 * channels, stride and dilation changing places (t: tap, p: place):
 *
 *     y[n,c,p] = sum over t of x[n,c, stride*p + dilation*t] * w[c,t]
 *     dw[c,t]  = sum over n of (sum over p of x[n,c, dilation*t + stride*p] * dy[n,c,p])
 *
 * Milliseconds on two AVX-512 cores, batch 4, reordering included, against the formulations by groups:
 *
 *     channels, map, kernel      convolution       to the input      to the kernel
 *     144, 56x56, 3x3             2.5 -> 1.9         7.7 -> 1.7          5.0 -> 1.8
 *     144, 56x56, 5x5/2           3.3 -> 0.7         as before          17.8 -> 1.0
 *     96, 112x112, 3x3/2          7.3 -> 2.8         as before          31.2 -> 3.9
 *     672, 14x14, 5x5             3.4 -> 0.7         5.7 -> 0.6         13.0 -> 0.6
 */
import type { Value } from "../types.js";
import { blockedConvolution, reorderedMap, restoredMap } from "./conv-blocked.js";
import type { ConvGeometry, ConvKernelGradientGeometry } from "./conv-geometry.js";
import { ReduceSum } from "./reduce.js";
import { Pad, Reshape, Slice } from "./shape.js";

type Shape4 = [number, number, number, number];

/** ONNX Runtime reorders multiples of so many channels, and fills up blocks with zeros. */
const reorderable = 4;

/**
 * Whether each channel has a kernel of its own, of more than one tap, and the blocked layout can hold the map: only graphs
 * lowered for a CPU that has it know how many channels a block takes.
 */
export function isDepthwise(x: Value, channels: number, kernel: readonly [number, number], group: number): boolean {
  return (
    x.graph.channelBlock > 0 &&
    group === channels &&
    x.shape[1] === channels &&
    channels % reorderable === 0 &&
    kernel[0] * kernel[1] > 1 &&
    x.dtype === "float32" &&
    x.shape.every((size) => typeof size === "number")
  );
}

/** A kernel [C, 1, kh, kw] in blocked layout, which is that of a map of one image. */
function reorderedKernel(w: Value): Value {
  const [c, , kh, kw] = w.shape as Shape4;
  const map = reorderedMap(Reshape(w, [1, c, kh, kw]));
  return Reshape(map, [map.shape[1]!, 1, kh, kw]);
}

/** The convolution of `x` [N, C, H, W] with `w` [C, 1, kh, kw]. */
export function convDepthwise(x: Value, w: Value, b: Value | undefined, geometry: ConvGeometry): Value {
  const [c, , kh, kw] = w.shape as Shape4;
  const input = reorderedMap(x);
  const channels = input.shape[1] as number;
  const bias = b && (channels > c ? Pad(b, [0], [channels - c]) : b);
  const y = blockedConvolution(input, reorderedKernel(w), bias, {
    ...geometry,
    group: channels,
    kernel: [kh, kw],
    channels,
  });
  return restoredMap(y, c);
}

/** The kernel gradient [C, 1, kh, kw]. */
export function kernelGradientDepthwise(x: Value, dy: Value, geometry: ConvKernelGradientGeometry): Value {
  const [n, c, h, w] = x.shape as Shape4;
  const [, , ho, wo] = dy.shape as Shape4;
  const { kernel, strides, dilations, pads } = geometry;
  const [map, cotangent] = [reorderedMap(x), reorderedMap(dy)];
  const channels = n * (map.shape[1] as number);
  const products = blockedConvolution(
    Reshape(map, [1, channels, h, w]),
    Reshape(cotangent, [channels, 1, ho, wo]),
    undefined,
    { strides: dilations, dilations: strides, pads, group: channels, kernel: [ho, wo], channels },
  );
  // Rows and columns that a strided convolution leaves unread give taps beyond the kernel.
  const [, , rows, columns] = products.shape as Shape4;
  const images = Reshape(restoredMap(products, channels), [n, channels / n, rows, columns]);
  const sum = n === 1 ? images : ReduceSum(images, { axes: [0], keepdims: true });
  return Reshape(Slice(sum, [1, 2, 3], [0, 0, 0], [c, ...kernel]), [c, 1, ...kernel]);
}
