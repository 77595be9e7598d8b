/** @file Moments and the soft maximum over axes. */
import { product } from "../dim.js";
import type { Value } from "../types.js";
import { Add, Exp, Log, Mul, Sqrt, Sub } from "./arithmetic.js";
import { axesOf, mismatch } from "./define.js";
import { ReduceMax, ReduceMean, type ReduceOptions, ReduceSum } from "./reduce.js";
import { Squeeze, StopGradient } from "./shape.js";

export interface VarianceOptions extends ReduceOptions {
  /** Divides by one less than the number of values, as PyTorch does when not told otherwise. */
  readonly unbiased?: boolean;
}

/** Mean squared distance from the mean, in two passes, so that a large mean costs no digits. */
export function Variance(
  x: Value,
  { axes = x.shape.map((_, i) => i), keepdims = false, unbiased = false }: VarianceOptions = {},
): Value {
  const places = axesOf(axes, x.shape.length);
  const centred = Sub(x, ReduceMean(x, { axes: places, keepdims: true }));
  const biased = ReduceMean(Mul(centred, centred), { axes: places, keepdims });
  if (!unbiased) return biased;
  const count = product(places.map((axis) => x.shape[axis]!));
  if (typeof count !== "number") throw mismatch("known sizes for an unbiased variance", "a symbolic size");
  return Mul(biased, count / (count - 1));
}

/** Root of `Variance`. */
export const StandardDeviation = (x: Value, options: VarianceOptions = {}): Value => Sqrt(Variance(x, options));

/** `log(sum(exp(x)))` over axes, for any size of x. */
export function LogSumExp(x: Value, { axes = x.shape.map((_, i) => i), keepdims = false }: ReduceOptions = {}): Value {
  // The shift cancels in the value and in the gradient: nothing flows through it.
  const largest = StopGradient(ReduceMax(x, { axes, keepdims: true }));
  const sums = ReduceSum(Exp(Sub(x, largest)), { axes, keepdims: true });
  const result = Add(Log(sums), largest);
  return keepdims ? result : Squeeze(result, axes);
}
