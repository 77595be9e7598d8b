/**
 * @file Deformable convolution: each tap of the kernel looks at a place that the network shifts
 * (https://arxiv.org/abs/1703.06211), weighed by a mask in version 2 (https://arxiv.org/abs/1811.11168).
 */
import { type Dim, shapeText } from "../dim.js";
import type { Value } from "../types.js";
import { Add, Mul } from "./arithmetic.js";
import type { ConvOptions } from "./conv.js";
import { convSize } from "./conv-geometry.js";
import { MatMul } from "./matrix.js";
import { refusal } from "./refusal.js";
import { bilinearAt } from "./sampling.js";
import { Reshape, Split } from "./shape.js";

export interface DeformConvOptions extends ConvOptions {
  /** Factors for each tap [N, offsetGroups * kh * kw, Ho, Wo]. */
  readonly mask?: Value;
}

/**
 * Convolution of `x` [N, C, H, W] with kernels `w` [K, C/group, kh, kw] and bias `b` [K], whose taps are shifted by `offset`
 * [N, 2 * offsetGroups * kh * kw, Ho, Wo]: (rows, columns) for each tap, for each group of input channels. Batch, height and
 * width must be known.
 */
export function DeformConv(
  x: Value,
  w: Value,
  offset: Value,
  b: Value | null = null,
  { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1, mask }: DeformConvOptions = {},
): Value {
  const [n, c, h, wd] = x.shape as number[] as [number, number, number, number];
  const [k, cg, kh, kw] = w.shape as number[] as [number, number, number, number];
  const taps = kh * kw;
  const [ho, wo] = [
    convSize(h, kh, strides[0], pads[0] + pads[2], dilations[0]) as number,
    convSize(wd, kw, strides[1], pads[1] + pads[3], dilations[1]) as number,
  ];
  const groups = (offset.shape[1] as number) / (2 * taps);
  const expected: Dim[] = [n, offset.shape[1]!, ho, wo];
  if (!Number.isInteger(groups) || c % groups !== 0 || shapeText(offset.shape) !== shapeText(expected))
    throw refusal(
      "DeformConv",
      [x, w, offset],
      `offsets [${n}, a multiple of ${2 * taps}, ${ho}, ${wo}]`,
      shapeText(offset.shape),
    );

  // Every offset group samples its own channels, so groups join the batch: [N * groups, ...].
  const points = taps * ho * wo;
  const shifts = Split(Reshape(offset, [n * groups, taps, 2, ho * wo]), 2, [1, 1]);
  const start = (axis: 0 | 1) => {
    const starts = Float64Array.from({ length: points }, (_, i) => {
      const [tap, place] = [Math.floor(i / (ho * wo)), i % (ho * wo)];
      const [step, j] = axis === 0 ? [Math.floor(place / wo), Math.floor(tap / kw)] : [place % wo, tap % kw];
      return step * strides[axis] - pads[axis]! + j * dilations[axis];
    });
    const data = x.dtype === "float64" ? starts : Float32Array.from(starts);
    return Add(Reshape(shifts[axis]!, [n * groups, points]), x.graph.constant(data, [1, points]));
  };
  const sampled = bilinearAt(Reshape(x, [n * groups, c / groups, h, wd]), start(0), start(1));
  const modulated = mask ? Mul(sampled, Reshape(mask, [n * groups, 1, points])) : sampled;

  // The samples are the columns of an ordinary convolution: one matrix product for each group.
  const columns = Reshape(modulated, [n, group, cg * taps, ho * wo]);
  const products = MatMul(Reshape(w, [group, k / group, cg * taps]), columns);
  const y = Reshape(products, [n, k, ho, wo]);
  return b ? Add(y, Reshape(b, [1, k, 1, 1])) : y;
}
