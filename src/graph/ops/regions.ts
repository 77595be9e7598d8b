/**
 * @file Pooling of regions, boxes given as rows (batch index, x0, y0, x1, y1) in pixels of the image: RoIAlign
 * (https://arxiv.org/abs/1703.06870) and RoIPool (https://arxiv.org/abs/1504.08083).
 */
import type { Dim } from "../dim.js";
import type { Value } from "../types.js";
import {
  Abs,
  Add,
  And,
  Cast,
  Div,
  Floor,
  Greater,
  GreaterOrEqual,
  Less,
  LessOrEqual,
  Max,
  Min,
  Mul,
  Neg,
  Sub,
  Where,
} from "./arithmetic.js";
import { MatMul } from "./matrix.js";
import { lowest } from "./pool-windows.js";
import { ReduceMax, ReduceSum } from "./reduce.js";
import { refusal } from "./refusal.js";
import { Concat, Gather, Reshape, Slice } from "./shape.js";

export interface RoiAlignOptions {
  /** Height and width of the result. */
  readonly size: readonly [number, number];
  /** Elements of the map for one pixel of the image. */
  readonly spatialScale: number;
  /** Samples along each axis of a bin; 0 takes one for each element that the bin spans. */
  readonly samplingRatio?: number;
  /** Whether coordinates are shifted by half an element, so that boxes and elements share their centres. */
  readonly aligned?: boolean;
}

/**
 * Mean of bilinear samples in each bin of each box: `x` [N, C, H, W] and `boxes` [R, 5] to [R, C, ...size].
 *
 * Samples lie on a grid, so bilinear interpolation and the mean are one matrix along height and one along width for each
 * box. Height and width of the map must be known. Boxes get no gradient, as in torchvision.
 */
export function RoiAlign(
  x: Value,
  boxes: Value,
  { size, spatialScale, samplingRatio = 0, aligned = false }: RoiAlignOptions,
): Value {
  const [n, , h, w] = knownMap("RoiAlign", x);
  const [batch, ...edges] = columnsOf(boxes);
  const [x0, y0, x1, y1] = edges.map((edge) => Sub(Mul(edge, spatialScale), aligned ? 0.5 : 0));
  const span = (a: Value, b: Value) => (aligned ? Sub(b, a) : Max(Sub(b, a), 1));
  const rows = samplingMatrix(y0!, span(y0!, y1!), size[0], samplingRatio, h);
  const columns = samplingMatrix(x0!, span(x0!, x1!), size[1], samplingRatio, w);
  // A batch of one is shared by all boxes; otherwise each box gets a copy of its image's map.
  const maps = n === 1 ? x : Gather(x, Cast(batch!, "int32"), 0);
  return MatMul(MatMul(rows, maps), columns, { transB: true });
}

function knownMap(name: string, x: Value): [Dim, Dim, number, number] {
  const [n, c, h, w] = x.shape as [Dim, Dim, Dim, Dim];
  if (typeof h !== "number" || typeof w !== "number")
    throw refusal(name, [x], "a map of known height and width", "an unknown size");
  return [n, c, h, w];
}

const columnsOf = (boxes: Value): Value[] =>
  [0, 1, 2, 3, 4].map((i) => Reshape(Slice(boxes, [1], [i], [i + 1]), [boxes.shape[0]!]));

/** Numbers 0..count-1 in a shape, in the type of a value. */
function range(like: Value, count: number, shape: readonly number[]): Value {
  const data = Float64Array.from({ length: count }, (_, i) => i);
  return like.graph.constant(like.dtype === "float64" ? data : Float32Array.from(data), shape);
}

const ceil = (x: Value): Value => Neg(Floor(Neg(x)));

/**
 * For each box the matrix [R, 1, bins, size] of weights with which elements of an axis enter the mean of a bin. A sample at
 * `p` gives `1 - |p - i|` to the elements next to it; samples more than one element outside count as zero.
 */
function samplingMatrix(start: Value, span: Value, bins: number, ratio: number, size: number): Value {
  const boxes = start.shape[0]!;
  const bin = Reshape(Mul(span, 1 / bins), [boxes, 1, 1]);
  // Without a given number of samples it differs from box to box; bins wider than the map need no more than twice its size.
  const most = ratio > 0 ? ratio : Math.max(1, Math.ceil((2 * size) / bins));
  const count = ratio > 0 ? start.graph.scalar(ratio, start.dtype) : Max(Min(ceil(bin), most), 0);
  const atLeastOne = Max(count, 1);
  const step = Div(bin, atLeastOne);
  const offsets = Add(
    Mul(range(start, bins, [1, bins, 1]), bin),
    Mul(Add(range(start, most, [1, 1, most]), 0.5), step),
  );
  const places = Add(Reshape(start, [boxes, 1, 1]), offsets);
  const used = And(
    Less(range(start, most, [1, 1, most]), count),
    And(GreaterOrEqual(places, -1), LessOrEqual(places, size)),
  );
  const share = Div(Cast(used, start.dtype), atLeastOne);
  const onMap = Reshape(Min(Max(places, 0), size - 1), [boxes, bins, most, 1]);
  const hats = Max(Sub(1, Abs(Sub(onMap, range(start, size, [1, 1, 1, size])))), 0);
  const weights = ReduceSum(Mul(hats, Reshape(share, [boxes, bins, most, 1])), { axes: [2] });
  return Reshape(weights, [boxes, 1, bins, size]);
}

/** Whole numbers from halves away from zero, as C's `round`. */
const round = (x: Value): Value => Where(Less(x, 0), Neg(Floor(Add(Neg(x), 0.5))), Floor(Add(x, 0.5)));

/**
 * Largest element of each bin of each box, zero for bins without elements: `x` [N, C, H, W] and `boxes` [R, 5] to
 * [R, C, ...size]. Height and width of the map must be known.
 */
export function RoiPool(
  x: Value,
  boxes: Value,
  { size, spatialScale }: { readonly size: readonly [number, number]; readonly spatialScale: number },
): Value {
  const [, , h, w] = knownMap("RoiPool", x);
  const [batch, ...edges] = columnsOf(boxes);
  const [x0, y0, x1, y1] = edges.map((edge) => round(Mul(edge, spatialScale)));
  const maps = Gather(x, Cast(batch!, "int32"), 0);
  const outside = x.graph.scalar(lowest, x.dtype);
  const alongWidth = Concat(
    Array.from({ length: size[1] }, (_, i) =>
      ReduceMax(Where(binMask(x0!, x1!, size[1], i, w, 3), maps, outside), { axes: [3], keepdims: true }),
    ),
    3,
  );
  const pooled = Concat(
    Array.from({ length: size[0] }, (_, i) =>
      ReduceMax(Where(binMask(y0!, y1!, size[0], i, h, 2), alongWidth, outside), { axes: [2], keepdims: true }),
    ),
    2,
  );
  return Where(Greater(pooled, outside), pooled, 0);
}

/** Which elements of an axis lie in bin i of each box: bool [R, 1, size, 1] or [R, 1, 1, size]. */
function binMask(first: Value, last: Value, bins: number, i: number, size: number, axis: 2 | 3): Value {
  const shape = (n: Dim) => (axis === 2 ? [n, 1, size, 1] : [n, 1, 1, size]);
  const column = (v: Value) => Reshape(v, [v.shape[0]!, 1, 1, 1]);
  const bin = Mul(Max(Add(Sub(last, first), 1), 1), 1 / bins);
  const start = column(Add(Floor(Mul(bin, i)), first));
  const end = column(Add(ceil(Mul(bin, i + 1)), first));
  const places = range(first, size, shape(1) as number[]);
  return And(GreaterOrEqual(places, start), Less(places, end));
}
