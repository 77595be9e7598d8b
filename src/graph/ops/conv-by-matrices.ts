/**
 * @file Convolutions as sums of matrix products over the kernel's taps: slow, but made of operators that exist in
 * float64 everywhere, so gradients can be checked by central differences.
 */
import { add, type Dim, mul } from "../dim.js";
import type { Value } from "../types.js";
import { Add } from "./arithmetic.js";
import type { ConvGeometry, ConvTransposeGeometry } from "./conv-geometry.js";
import { MatMul } from "./matrix.js";
import { ReduceSum } from "./reduce.js";
import { Concat, Pad, Reshape, Slice, Transpose, Unsqueeze } from "./shape.js";

/** The part of a padded map that tap (i, j) of a kernel sees: [N, C, Ho, Wo]. */
export function tapView(
  padded: Value,
  i: number,
  j: number,
  size: readonly [Dim, Dim],
  { strides, dilations }: ConvGeometry,
): Value {
  const start = [i * dilations[0], j * dilations[1]];
  const end = start.map((s, axis) => add(s, add(mul(add(size[axis]!, -1), strides[axis]!), 1)));
  return Slice(padded, [2, 3], start, end, strides as readonly number[]);
}

/** The map with the convolution's padding around it; negative pads crop. */
export const padMap = (x: Value, pads: readonly number[]): Value =>
  Pad(x, [0, 0, pads[0]!, pads[1]!], [0, 0, pads[2]!, pads[3]!]);

const sum = (terms: readonly Value[]): Value => terms.reduce((a, b) => Add(a, b));

/** Splits the channel axis of [N, C, ...] into [N, group, C/group, P]. */
const grouped = (x: Value, group: number): Value =>
  Reshape(x, [x.shape[0]!, group, (x.shape[1] as number) / group, mul(x.shape[2]!, x.shape[3]!)]);

export function convByMatrices(x: Value, w: Value, b: Value | undefined, geometry: ConvGeometry): Value {
  const [k, cg, kh, kw] = w.shape as number[] as [number, number, number, number];
  const { group, pads, strides, dilations } = geometry;
  const padded = padMap(x, pads);
  const size = [2, 3].map((axis) => {
    const reach = dilations[axis - 2]! * ((axis === 2 ? kh : kw) - 1) + 1;
    return Math.floor(((padded.shape[axis] as number) - reach) / strides[axis - 2]!) + 1;
  }) as [number, number];
  const terms: Value[] = [];
  for (let i = 0; i < kh; i++)
    for (let j = 0; j < kw; j++) {
      const view = grouped(tapView(padded, i, j, size, geometry), group);
      const tap = Reshape(Slice(w, [2, 3], [i, j], [i + 1, j + 1]), [1, group, k / group, cg]);
      terms.push(MatMul(tap, view));
    }
  const y = Reshape(sum(terms), [x.shape[0]!, k, ...size]);
  return b ? Add(y, Reshape(b, [1, k, 1, 1])) : y;
}

/** Zeros put between the elements of an axis of [N, C, H, W], `stride - 1` after each but the last. */
function spread(x: Value, axis: 2 | 3, stride: number): Value {
  if (stride === 1) return x;
  const size = x.shape[axis] as number;
  const wide = Unsqueeze(x, [axis + 1]);
  const before = wide.shape.map(() => 0);
  const after = wide.shape.map((_, i) => (i === axis + 1 ? stride - 1 : 0));
  const shape = x.shape.map((d, i) => (i === axis ? size * stride : d));
  return Slice(Reshape(Pad(wide, before, after), shape), [axis], [0], [(size - 1) * stride + 1]);
}

export function convTransposeByMatrices(
  x: Value,
  w: Value,
  b: Value | undefined,
  geometry: ConvTransposeGeometry,
): Value {
  const [c, kg, kh, kw] = w.shape as number[] as [number, number, number, number];
  const { group, pads, strides, dilations, outputPadding } = geometry;
  const reach = [dilations[0] * (kh - 1), dilations[1] * (kw - 1)] as const;
  const dense = spread(spread(x, 2, strides[0]), 3, strides[1]);
  const around = [
    reach[0] - pads[0],
    reach[1] - pads[1],
    reach[0] - pads[2] + outputPadding[0],
    reach[1] - pads[3] + outputPadding[1],
  ] as const;
  // Swap the kernel's channel axes within each group and turn it by 180 degrees: then it is an ordinary convolution.
  const swapped = Reshape(Transpose(Reshape(w, [group, c / group, kg, kh, kw]), [0, 2, 1, 3, 4]), [
    group * kg,
    c / group,
    kh,
    kw,
  ]);
  const turned = reverse(reverse(swapped, 2), 3);
  return convByMatrices(padMap(dense, around), turned, b, { strides: [1, 1], pads: [0, 0, 0, 0], dilations, group });
}

function reverse(x: Value, axis: number): Value {
  const size = x.shape[axis] as number;
  return Concat(
    Array.from({ length: size }, (_, i) => Slice(x, [axis], [size - 1 - i], [size - i])),
    axis,
  );
}

/** Kernel gradient as one matrix product a tap: [K, C/group, kh, kw]. */
export function kernelGradientByTaps(
  x: Value,
  dy: Value,
  geometry: ConvGeometry & { readonly kernel: readonly [number, number] },
): Value {
  const { group, kernel, pads } = geometry;
  const [k, cg] = [dy.shape[1] as number, (x.shape[1] as number) / group];
  const padded = padMap(x, pads);
  const size = [dy.shape[2]!, dy.shape[3]!] as const;
  const cotangent = grouped(dy, group);
  const taps: Value[] = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++) {
      const products = MatMul(cotangent, grouped(tapView(padded, i, j, size, geometry), group), { transB: true });
      taps.push(Reshape(ReduceSum(products, { axes: [0] }), [k, cg, 1]));
    }
  return Reshape(Concat(taps, 2), [k, cg, ...kernel]);
}
