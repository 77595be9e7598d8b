/**
 * @file Convolutions whose dilation nearly leaves the map, as in a pyramid of dilated convolutions over a small map: most taps
 * of most positions read padding. The output is cut into rectangles in which the same taps meet the map, and each rectangle is a
 * sum of matrix products over these taps only. Of a 3x3 kernel dilated by 24 on 28x28, 18 % of the products are left, and by 36
 * the middle tap alone: DeepLab v3's three pyramid convolutions on [2, 2048, 28, 28] go from 114 to about 50 ms on 2 threads.
 */
import type { Value } from "../types.js";
import { Add } from "./arithmetic.js";
import type { ConvGeometry, ConvKernelGradientGeometry, ConvTransposeGeometry } from "./conv-geometry.js";
import { MatMul } from "./matrix.js";
import { ReduceSum } from "./reduce.js";
import { Concat, Expand, Reshape, Slice, Split, Squeeze, Transpose } from "./shape.js";

/** Above this share of products that meet the map an ordinary convolution is faster. */
const enough = 0.55;

/** One axis of a kernel's tap: output elements `from` to `to` (excluded) read the input `shift` further on. */
interface AxisTap {
  readonly tap: number;
  readonly shift: number;
  readonly from: number;
  readonly to: number;
}

/** The taps of an axis that meet the map. */
function axisTaps(kernel: number, shiftOf: (tap: number) => number, size: number, outSize: number): AxisTap[] {
  return Array.from({ length: kernel }, (_, tap) => {
    const shift = shiftOf(tap);
    return { tap, shift, from: Math.max(0, -shift), to: Math.min(outSize, size - shift) };
  }).filter(({ from, to }) => from < to);
}

type Size = readonly [number, number];

interface Plan {
  readonly rows: readonly AxisTap[];
  readonly columns: readonly AxisTap[];
  readonly size: Size;
}

/** Taps of both axes, or null where too many products meet the map for this to be worth it. */
function planOf(
  x: Value,
  kernel: Size,
  size: readonly unknown[],
  { strides, dilations, group }: Pick<ConvGeometry, "strides" | "dilations" | "group">,
  shiftOf: (axis: 0 | 1, tap: number) => number,
): Plan | null {
  const known = [...x.shape, ...size].every((d) => typeof d === "number");
  if (!known || group !== 1 || strides.some((s) => s !== 1) || dilations.every((d) => d === 1)) return null;
  const [ho, wo] = size as [number, number];
  const rows = axisTaps(kernel[0], (tap) => shiftOf(0, tap), x.shape[2] as number, ho);
  const columns = axisTaps(kernel[1], (tap) => shiftOf(1, tap), x.shape[3] as number, wo);
  const live = (taps: readonly AxisTap[]): number => taps.reduce((sum, { from, to }) => sum + to - from, 0);
  const share = (live(rows) * live(columns)) / (kernel[0] * kernel[1] * ho * wo);
  return share <= enough && share > 0 ? { rows, columns, size: [ho, wo] } : null;
}

/** Ends of the stretches in which the same taps of an axis meet the map. */
const cuts = (taps: readonly AxisTap[], size: number): number[] =>
  [...new Set([0, size, ...taps.flatMap(({ from, to }) => [from, to])])].sort((a, b) => a - b);

const at = (taps: readonly AxisTap[], place: number): AxisTap[] =>
  taps.filter(({ from, to }) => from <= place && place < to);

/** A kernel [A, B, kh, kw] as one matrix [A, B] a tap. */
function tapMatrices(w: Value): (row: AxisTap, column: AxisTap) => Value {
  const [a, b, kh, kw] = w.shape as [number, number, number, number];
  const all = Transpose(Reshape(w, [a * b, kh * kw]), [1, 0]);
  const each = Split(all, 0, Array(kh * kw).fill(1)).map((one) => Reshape(one, [a, b]));
  return (row, column) => each[row.tap * kw + column.tap]!;
}

/** Sum of the live taps' products, rectangle by rectangle; `product` multiplies a tap's matrix with [n, C, P]. */
function assembled(
  x: Value,
  plan: Plan,
  outChannels: number,
  product: (row: AxisTap, column: AxisTap, part: Value) => Value,
): Value {
  const [n, c] = x.shape as [number, number];
  const [rowCuts, columnCuts] = [cuts(plan.rows, plan.size[0]), cuts(plan.columns, plan.size[1])];
  const rectangle = (top: number, bottom: number, left: number, right: number): Value => {
    const [height, width] = [bottom - top, right - left];
    const terms = at(plan.rows, top).flatMap((row) =>
      at(plan.columns, left).map((column) => {
        const part = Slice(
          x,
          [2, 3],
          [top + row.shift, left + column.shift],
          [bottom + row.shift, right + column.shift],
        );
        return product(row, column, Reshape(part, [n, c, height * width]));
      }),
    );
    const shape = [n, outChannels, height, width];
    if (terms.length === 0) return Expand(x.graph.scalar(0, x.dtype), shape);
    return Reshape(
      terms.reduce((a, b) => Add(a, b)),
      shape,
    );
  };
  const bands = rowCuts.slice(1).map((bottom, i) => {
    const parts = columnCuts.slice(1).map((right, j) => rectangle(rowCuts[i]!, bottom, columnCuts[j]!, right));
    return parts.length === 1 ? parts[0]! : Concat(parts, 3);
  });
  return bands.length === 1 ? bands[0]! : Concat(bands, 2);
}

/** The convolution `x` [N, C, H, W] by `w` [K, C, kh, kw] from its live taps, or null. */
export function convLiveTaps(
  x: Value,
  w: Value,
  b: Value | undefined,
  geometry: ConvGeometry,
  size: Size,
): Value | null {
  const { pads, dilations } = geometry;
  const [k, , kh, kw] = w.shape as [number, number, number, number];
  const plan = planOf(x, [kh, kw], size, geometry, (axis, tap) => tap * dilations[axis] - pads[axis]!);
  if (!plan) return null;
  const matrix = tapMatrices(w);
  const y = assembled(x, plan, k, (row, column, part) => MatMul(matrix(row, column), part));
  return b ? Add(y, Reshape(b, [1, k, 1, 1])) : y;
}

/** The transposed convolution `x` [N, C, H, W] by `w` [C, K, kh, kw] from its live taps, or null. */
export function convTransposeLiveTaps(x: Value, w: Value, geometry: ConvTransposeGeometry, size: Size): Value | null {
  const { pads, dilations } = geometry;
  const [, k, kh, kw] = w.shape as [number, number, number, number];
  const plan = planOf(x, [kh, kw], size, geometry, (axis, tap) => pads[axis]! - tap * dilations[axis]);
  if (!plan) return null;
  const matrix = tapMatrices(w);
  return assembled(x, plan, k, (row, column, part) => MatMul(matrix(row, column), part, { transA: true }));
}

/** The kernel gradient [K, C, kh, kw] from the places where each tap meets the map, or null; dead taps have none. */
export function kernelGradientLiveTaps(x: Value, dy: Value, geometry: ConvKernelGradientGeometry): Value | null {
  const { pads, dilations, kernel } = geometry;
  const [n, c] = x.shape as [number, number];
  const k = dy.shape[1] as number;
  const plan = planOf(x, kernel, dy.shape.slice(2), geometry, (axis, tap) => tap * dilations[axis] - pads[axis]!);
  if (!plan) return null;
  const gradient = (row: AxisTap, column: AxisTap): Value => {
    const [height, width] = [row.to - row.from, column.to - column.from];
    const [top, left] = [row.from + row.shift, column.from + column.shift];
    const cotangent = Slice(dy, [2, 3], [row.from, column.from], [row.to, column.to]);
    const part = Slice(x, [2, 3], [top, left], [top + height, left + width]);
    const products = MatMul(Reshape(cotangent, [n, k, height * width]), Reshape(part, [n, c, height * width]), {
      transB: true,
    });
    return n === 1 ? Squeeze(products, [0]) : ReduceSum(products, { axes: [0] });
  };
  const none = Expand(x.graph.scalar(0, x.dtype), [k, c, 1]);
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
    const row = plan.rows.find((one) => one.tap === Math.floor(tap / kernel[1]));
    const column = plan.columns.find((one) => one.tap === tap % kernel[1]);
    return row && column ? Reshape(gradient(row, column), [k, c, 1]) : none;
  });
  return Reshape(Concat(taps, 2), [k, c, ...kernel]);
}
