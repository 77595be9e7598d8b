/**
 * @file Linear maps along height and width as two matrix products with constant matrices. Average pooling, resizing and
 * their gradients are such maps: exact for any size and corner rule, and faster than ONNX Runtime's own operators while
 * the map has at most a few hundred rows.
 */
import type { Graph } from "../graph.js";
import type { DType, Value } from "../types.js";
import { MatMul } from "./matrix.js";

/** A matrix [to, from] in row-major order: element `i` of the result is `sum_j weights[i * from + j] * x[j]`. */
export interface AxisMatrix {
  readonly from: number;
  readonly to: number;
  readonly weights: Float64Array;
}

/** A matrix filled by `place(i)`: for output element `i`, pairs of input element and weight, added up. */
export function axisMatrix(
  from: number,
  to: number,
  place: (i: number) => Iterable<readonly [number, number]>,
): AxisMatrix {
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) for (const [j, weight] of place(i)) weights[i * from + j]! += weight;
  return { from, to, weights };
}

/** The adjoint map, which carries cotangents back. */
export function transposed({ from, to, weights }: AxisMatrix): AxisMatrix {
  const turned = new Float64Array(from * to);
  for (let i = 0; i < to; i++) for (let j = 0; j < from; j++) turned[j * to + i] = weights[i * from + j]!;
  return { from: to, to: from, weights: turned };
}

/** Constants above the size that graphs share by themselves, by graph and text. */
const shared = new WeakMap<Graph, Map<string, Value>>();

/** The matrix as a constant of the graph; equal matrices share one however large they are. */
function constantOf(graph: Graph, { from, to, weights }: AxisMatrix, dtype: DType): Value {
  const known = shared.get(graph) ?? new Map<string, Value>();
  shared.set(graph, known);
  const key = `${dtype} ${to}x${from} ${weights.join()}`;
  const found = known.get(key);
  if (found) return found;
  const value = graph.constant(dtype === "float64" ? weights : Float32Array.from(weights), [to, from], dtype);
  known.set(key, value);
  return value;
}

/** Multiplications for each channel when the width is mapped first, and when the height is. */
function costs(height: AxisMatrix, width: AxisMatrix): { widthFirst: number; heightFirst: number } {
  return {
    widthFirst: width.to * height.from * (width.from + height.to),
    heightFirst: height.to * width.from * (height.from + width.to),
  };
}

/** Multiplications for each channel of `MapAxes`. */
export const axisCost = (height: AxisMatrix, width: AxisMatrix): number => {
  const { widthFirst, heightFirst } = costs(height, width);
  return Math.min(widthFirst, heightFirst);
};

/** `x` [N, C, H, W] with its height and width mapped by matrices: [N, C, height.to, width.to]. */
export function MapAxes(x: Value, height: AxisMatrix, width: AxisMatrix): Value {
  const alongHeight = (v: Value) => MatMul(constantOf(x.graph, height, x.dtype), v);
  const alongWidth = (v: Value) => MatMul(v, constantOf(x.graph, transposed(width), x.dtype));
  const { widthFirst, heightFirst } = costs(height, width);
  return widthFirst <= heightFirst ? alongHeight(alongWidth(x)) : alongWidth(alongHeight(x));
}
