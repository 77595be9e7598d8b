/**
 * @file Patches of a map as columns, and back. Both are convolutions with kernels of a single one (tap t copies place t of
 * its channel), so their gradients are those of convolutions and they run wherever convolutions run.
 */
import { type Dim, mul, sub } from "../dim.js";
import type { Value } from "../types.js";
import { Conv, ConvTranspose } from "./conv.js";
import { convSize, convTransposeSize } from "./conv-geometry.js";
import { mismatch } from "./define.js";
import { Reshape } from "./shape.js";

export interface UnfoldOptions {
  /** Height and width of a patch. */
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pads?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
}

/** Kernels [C * taps, 1, kh, kw], each with a one at its own tap. */
function taps(like: Value, channels: number, [height, width]: readonly [number, number]): Value {
  const count = height * width;
  const ones = Array.from({ length: channels * count * count }, (_, i) => {
    const kernel = Math.floor(i / count);
    return kernel % count === i % count ? 1 : 0;
  });
  const data = like.dtype === "float64" ? Float64Array.from(ones) : Float32Array.from(ones);
  return like.graph.constant(data, [channels * count, 1, height, width]);
}

/** Every patch of `x` [N, C, H, W] as a column: [N, C * kh * kw, L], patches in reading order. */
export function Unfold(x: Value, { kernel, ...options }: UnfoldOptions): Value {
  const channels = x.shape[1] as number;
  const patches = Conv(x, taps(x, channels, kernel), null, { ...options, group: channels });
  const [n, c, h, w] = patches.shape as [Dim, Dim, Dim, Dim];
  return Reshape(patches, [n, c, mul(h, w)]);
}

/** The adjoint of `Unfold`: columns [N, C * kh * kw, L] added where they overlap, to a map [N, C, height, width]. */
export function Fold(
  columns: Value,
  size: readonly [Dim, Dim],
  { kernel, strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] }: UnfoldOptions,
): Value {
  const [n, rows] = columns.shape as [Dim, number, Dim];
  const channels = rows / (kernel[0] * kernel[1]);
  if (!Number.isInteger(channels)) throw mismatch(`columns of a multiple of ${kernel[0] * kernel[1]} rows`, `${rows}`);
  const around = [pads[0] + pads[2], pads[1] + pads[3]] as const;
  const axis = (i: 0 | 1): { patches: Dim; unread: Dim } => {
    const patches = convSize(size[i], kernel[i], strides[i], around[i], dilations[i]);
    const reached = convTransposeSize(patches, kernel[i], strides[i], around[i], dilations[i], 0);
    return { patches, unread: sub(size[i], reached) };
  };
  const [vertical, horizontal] = [axis(0), axis(1)];
  if (typeof vertical.unread !== "number" || typeof horizontal.unread !== "number")
    throw mismatch("a folded size known when the graph is built", "a symbolic size");
  return ConvTranspose(
    Reshape(columns, [n, rows, vertical.patches, horizontal.patches]),
    taps(columns, channels, kernel),
    null,
    { strides, pads, dilations, group: channels, outputPadding: [vertical.unread, horizontal.unread] },
  );
}
