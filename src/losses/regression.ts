/** @file Losses of two tensors of numbers: for boxes, consistency of two predictions, and reconstruction. All are means over the elements. */
import { Abs, Min, Mul, ReduceMean, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";

/** Mean of `(x - y)^2`. */
export function meanSquaredError(x: Value, y: Value): Value {
  const difference = Sub(x, y);
  return ReduceMean(Mul(difference, difference));
}

/** Mean of `|x - y|`. */
export const meanAbsoluteError = (x: Value, y: Value): Value => ReduceMean(Abs(Sub(x, y)));

/** Mean of `d^2 / 2` for `d = |x - y|` up to delta and `delta (d - delta / 2)` beyond. Huber, https://doi.org/10.1214/aoms/1177703732 */
export function huber(x: Value, y: Value, delta = 1): Value {
  const distance = Abs(Sub(x, y));
  const near = Min(distance, delta);
  return ReduceMean(Mul(near, Sub(distance, Mul(near, 0.5))));
}

/** `huber / beta`, whose slope beyond beta is 1. Girshick: Fast R-CNN, https://arxiv.org/abs/1504.08083 */
export const smoothL1 = (x: Value, y: Value, beta = 1): Value => Mul(huber(x, y, beta), 1 / beta);
