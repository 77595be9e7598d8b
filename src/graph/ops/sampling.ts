/**
 * @file Sampling of a map at points that a network computes: spatial transformers' `grid_sample` and `affine_grid`
 * (https://arxiv.org/abs/1506.02025), equal to PyTorch's in values and in both gradients. Made of gathers and arithmetic,
 * because GridSample is missing in WebGPU and has no gradient in ONNX.
 */
import type { Dim } from "../dim.js";
import type { Value } from "../types.js";
import {
  Abs,
  Add,
  And,
  Cast,
  Equal,
  Floor,
  Greater,
  GreaterOrEqual,
  Less,
  LessOrEqual,
  Mul,
  Sub,
  Where,
} from "./arithmetic.js";
import { MatMul } from "./matrix.js";
import { refusal } from "./refusal.js";
import { Expand, GatherElements, Reshape, Split } from "./shape.js";

export type SampleMode = "bilinear" | "nearest" | "bicubic";
/** What lies outside a map: zeros, its nearest border element, or its mirror image. */
export type SamplePadding = "zeros" | "border" | "reflection";

export interface GridSampleOptions {
  readonly mode?: SampleMode;
  readonly padding?: SamplePadding;
  /** Whether -1 and 1 are the centres of the corner elements (true), or the outer edges of the map. */
  readonly alignCorners?: boolean;
}

/** Elements of `x` [N, C, H, W] at whole `rows` and `columns` [N, P], zero outside: [N, C, P]. */
export function elementsAt(x: Value, rows: Value, columns: Value): Value {
  const [n, c, h, w] = x.shape as [Dim, Dim, number, number];
  const points = rows.shape[1]!;
  const inside = And(within(rows, h), within(columns, w));
  const place = Where(inside, Add(Mul(rows, w), columns), 0);
  const indices = Expand(Reshape(Cast(place, "int32"), [n, 1, points]), [n, c, points]);
  const values = GatherElements(Reshape(x, [n, c, h * w]), indices, 2);
  return Mul(values, Reshape(Cast(inside, x.dtype), [n, 1, points]));
}

const within = (place: Value, size: number): Value => And(GreaterOrEqual(place, 0), LessOrEqual(place, size - 1));

/** `x` [N, C, H, W] interpolated bilinearly at `rows` and `columns` [N, P] counted from the centre of the first element; zero outside: [N, C, P]. */
export function bilinearAt(x: Value, rows: Value, columns: Value): Value {
  const [top, left] = [Floor(rows), Floor(columns)];
  const [down, right] = [Sub(rows, top), Sub(columns, left)];
  const parts = [0, 1].flatMap((i) =>
    [0, 1].map((j) => {
      const weight = Mul(i ? down : Sub(1, down), j ? right : Sub(1, right));
      return weighted(elementsAt(x, Add(top, i), Add(left, j)), weight);
    }),
  );
  return sum(parts);
}

/** Values [N, C, P] times weights [N, P]. */
const weighted = (values: Value, weight: Value): Value =>
  Mul(values, Reshape(weight, [weight.shape[0]!, 1, weight.shape[1]!]));

const sum = (terms: readonly Value[]): Value => terms.reduce((a, b) => Add(a, b));

/** The nearest whole number, halves to the even one, as PyTorch rounds. */
function nearest(x: Value): Value {
  const up = Floor(Add(x, 0.5));
  const half = Equal(Sub(up, x), 0.5);
  const odd = Equal(Sub(up, Mul(Floor(Mul(up, 0.5)), 2)), 1);
  return Sub(up, Cast(And(half, odd), x.dtype));
}

/** Coordinates moved onto the map; the gradient is zero where they were outside, also on the border itself. */
const clipped = (x: Value, size: number): Value => {
  const low = Where(Greater(x, 0), x, 0);
  return Where(Less(low, size - 1), low, size - 1);
};

/** Coordinates mirrored at the centres of the outer elements (`alignCorners`) or at the outer edges, as often as needed. */
function reflected(x: Value, size: number, alignCorners: boolean): Value {
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
  if (span === 0) return Mul(x, 0);
  const distance = Abs(Sub(x, low));
  const flips = Floor(Mul(distance, 1 / span));
  const rest = Sub(distance, Mul(flips, span));
  const even = Equal(Sub(flips, Mul(Floor(Mul(flips, 0.5)), 2)), 0);
  return Add(Where(even, rest, Sub(span, rest)), low);
}

function padded(x: Value, size: number, padding: SamplePadding, alignCorners: boolean): Value {
  if (padding === "zeros") return x;
  return clipped(padding === "border" ? x : reflected(x, size, alignCorners), size);
}

/** Weights of the elements at -1, 0, 1 and 2 from the floor: Keys' kernel with a = -0.75, for shares in [0, 1). */
function cubicWeights(share: Value): Value[] {
  const a = -0.75;
  const inner = (d: Value) => Add(Mul(Mul(Sub(Mul(d, a + 2), a + 3), d), d), 1);
  const outer = (d: Value) => Sub(Mul(Add(Mul(Sub(Mul(d, a), 5 * a), d), 8 * a), d), 4 * a);
  const rest = Sub(1, share);
  return [outer(Add(share, 1)), inner(share), inner(rest), outer(Add(rest, 1))];
}

/**
 * `x` [N, C, H, W] sampled at `grid` [N, Ho, Wo, 2]: its last axis is (column, row), and -1 to 1 spans the map. Height and
 * width of `x` must be known.
 */
export function GridSample(
  x: Value,
  grid: Value,
  { mode = "bilinear", padding = "zeros", alignCorners = false }: GridSampleOptions = {},
): Value {
  const [n, c, h, w] = x.shape as [Dim, Dim, number, number];
  const [, ho, wo, pair] = grid.shape as [Dim, number, number, Dim];
  if (typeof h !== "number" || typeof w !== "number" || pair !== 2)
    throw refusal("GridSample", [x, grid], "a map of known size and a grid [N, Ho, Wo, 2]", "other shapes");
  const axes = Split(Reshape(grid, [n, ho * wo, 2]), 2, [1, 1]).map((v) => Reshape(v, [n, ho * wo]));
  const place = (v: Value, size: number) =>
    alignCorners ? Mul(Add(v, 1), (size - 1) / 2) : Mul(Sub(Mul(Add(v, 1), size), 1), 0.5);
  const [columns, rows] = [place(axes[0]!, w), place(axes[1]!, h)];
  const pad = (v: Value, size: number) => padded(v, size, padding, alignCorners);
  const result = (points: Value) => Reshape(points, [n, c, ho, wo]);
  if (mode === "bilinear") return result(bilinearAt(x, pad(rows, h), pad(columns, w)));
  if (mode === "nearest") return result(elementsAt(x, nearest(pad(rows, h)), nearest(pad(columns, w))));
  const [top, left] = [Floor(rows), Floor(columns)];
  const [down, right] = [cubicWeights(Sub(rows, top)), cubicWeights(Sub(columns, left))];
  const parts = down.flatMap((weightDown, i) =>
    right.map((weightRight, j) =>
      weighted(elementsAt(x, pad(Add(top, i - 1), h), pad(Add(left, j - 1), w)), Mul(weightDown, weightRight)),
    ),
  );
  return result(sum(parts));
}

/** Sampling grid [N, H, W, 2] of the affine maps `theta` [N, 2, 3], which take (column, row, 1) in -1 to 1 to the same range. */
export function AffineGrid(theta: Value, [h, w]: readonly [number, number], alignCorners = false): Value {
  const place = (i: number, size: number) =>
    alignCorners ? (size > 1 ? (2 * i) / (size - 1) - 1 : 0) : (2 * i + 1) / size - 1;
  const points = Array.from({ length: h * w }, (_, i) => [place(i % w, w), place(Math.floor(i / w), h), 1]).flat();
  const data = theta.dtype === "float64" ? Float64Array.from(points) : Float32Array.from(points);
  const grid = MatMul(theta.graph.constant(data, [h * w, 3]), theta, { transB: true });
  return Reshape(grid, [theta.shape[0]!, h, w, 2]);
}
