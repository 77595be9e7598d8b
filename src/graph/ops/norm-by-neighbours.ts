/** @file Normalisations by a root of summed squares: of neighbouring channels, or of a whole vector. */
import type { Value } from "../types.js";
import { Add, Div, Max, Mul, Pow, Sqrt } from "./arithmetic.js";
import { MatMul } from "./matrix.js";
import { ReduceSum } from "./reduce.js";
import { Flatten, Reshape } from "./shape.js";

export interface LocalResponseOptions {
  /** Neighbouring channels that are summed. */
  readonly size: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly k?: number;
}

/**
 * `x / (k + alpha / size * sum of squares of the neighbouring channels)^beta`, as in AlexNet (section 3.3 of
 * https://papers.nips.cc/paper/4824). For even sizes the window reaches one further to the front, as PyTorch's does and
 * ONNX's LRN does not.
 */
export function LocalResponseNormalization(
  x: Value,
  { size, alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseOptions,
): Value {
  const channels = x.shape[1] as number;
  const before = Math.floor(size / 2);
  // The window's sum over channels as one matrix product with a band of ones.
  const band = Array.from({ length: channels * channels }, (_, i) => {
    const offset = (i % channels) - Math.floor(i / channels);
    return offset >= -before && offset < size - before ? alpha / size : 0;
  });
  const typed = x.dtype === "float64" ? Float64Array.from(band) : Float32Array.from(band);
  const flat = Flatten(Mul(x, x), 2, -1);
  const sums = Reshape(MatMul(x.graph.constant(typed, [channels, channels]), flat), x.shape);
  return Div(x, Pow(Add(sums, k), beta));
}

/** `x / max(|x|, epsilon)` with the Euclidean length over an axis. */
export function L2Normalization(x: Value, axis: number, epsilon = 1e-12): Value {
  const squares = ReduceSum(Mul(x, x), { axes: [axis], keepdims: true });
  // The limit stands under the root, so that a vector of zeros has the gradient 0 and not 0/0.
  return Div(x, Sqrt(Max(squares, epsilon * epsilon)));
}
