/**
 * @file Segmentation-aware convolution (Harley et al. 2017, https://arxiv.org/abs/1708.04607): in each window, places that
 * belong to another segment than the centre count less. What belongs together is told by embeddings: with d_k the L1 distance
 * between the embeddings at place k of a window and at its centre, `y = sum_k w_k m_k x_k`, `m_k = exp(-lambda d_k)`.
 */
import { add, type Dim } from "../../graph/dim.js";
import {
  Abs,
  Concat,
  Conv,
  Div,
  Exp,
  Expand,
  Mul,
  Neg,
  Pad,
  ReduceMean,
  ReduceSum,
  Reshape,
  Slice,
  Split,
  Sub,
  Transpose,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { channelsOf } from "../../nn/conv.js";
import { constant, kaimingNormalFanOut, zeros } from "../../nn/initializers.js";
import type { Scope } from "../../nn/scope.js";

/** Places of a 3x3 window in reading order, and the one in its middle. */
const places = 9;
const centre = 4;

/** The map [N, C, H, W] moved so that each element is what its window has at one of the 9 places; zero outside. */
function neighbours(x: Value, dilation: number): Value[] {
  const around = [0, 0, dilation, dilation];
  const padded = Pad(x, around, around);
  const [height, width] = x.shape.slice(2) as [Dim, Dim];
  return Array.from({ length: places }, (_, k) => {
    if (k === centre) return x;
    const [top, left] = [Math.floor(k / 3) * dilation, (k % 3) * dilation];
    return Slice(padded, [2, 3], [top, left], [add(top, height), add(left, width)]);
  });
}

/**
 * L1 distances [N, 9, H, W] between embeddings [N, E, H, W] at the places of each dilated 3x3 window and at its centre. Places
 * outside the map are at no distance.
 */
export function windowDistances(scope: Scope, embeddings: Value, dilation: number): Value {
  const [n, , height, width] = embeddings.shape as [Dim, Dim, Dim, Dim];
  const { graph, dtype } = embeddings;
  return scope.run(() => {
    const inside = neighbours(Expand(graph.scalar(1, dtype), [1, 1, height, width]), dilation);
    const distances = neighbours(embeddings, dilation).map((neighbour, k) => {
      if (k === centre) return Expand(graph.scalar(0, dtype), [n, 1, height, width]);
      return Mul(ReduceSum(Abs(Sub(neighbour, embeddings)), { axes: [1], keepdims: true }), inside[k]!);
    });
    return Concat(distances, 1);
  });
}

export interface AwareConvOptions {
  readonly outChannels: number;
  readonly dilation: number;
  /** Whether a window's masks are divided by their mean, so that equal embeddings leave an ordinary convolution. */
  readonly normalise: boolean;
}

/**
 * A dilated 3x3 convolution that keeps the size and sees each window through its masks, [N, C, H, W] to
 * [N, outChannels, H, W]. Beside `weight` and `bias` it learns `mask_scale`, the lambda above.
 */
export function awareConv(
  scope: Scope,
  x: Value,
  distances: Value,
  { outChannels, dilation, normalise }: AwareConvOptions,
): Value {
  const channels = channelsOf(x);
  const scale = scope.parameter("mask_scale", [1], constant(0.05));
  const weight = scope.parameter("weight", [outChannels, channels, 3, 3], kaimingNormalFanOut);
  const bias = scope.parameter("bias", [outChannels], zeros);
  return scope.run(() => {
    const masks = Exp(Neg(Mul(distances, Abs(scale))));
    const even = normalise ? Div(masks, ReduceMean(masks, { axes: [1], keepdims: true })) : masks;
    const mask = Split(even, 1, new Array<number>(places).fill(1));
    // Moved maps cost one copy each; windows made by a convolution of unit kernels would cost nine products an element.
    const columns = Concat(
      neighbours(x, dilation).map((neighbour, k) => Mul(neighbour, mask[k]!)),
      1,
    );
    const kernel = Reshape(Transpose(weight, [0, 2, 3, 1]), [outChannels, places * channels, 1, 1]);
    return Conv(columns, kernel, bias);
  });
}
