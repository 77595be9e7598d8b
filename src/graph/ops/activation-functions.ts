/** @file Activations written with other operators; their gradients follow from those. */
import type { Dim } from "../dim.js";
import type { Value } from "../types.js";
import { Clip, HardSigmoid, Relu, Sigmoid, Softplus } from "./activation.js";
import { Abs, Add, Div, Exp, Min, Mul, Neg, Sub } from "./arithmetic.js";
import { axisOf, mismatch } from "./define.js";
import { Split } from "./shape.js";

/** `min(max(x, 0), 6)` (MobileNets, https://arxiv.org/abs/1704.04861). */
export const Relu6 = (x: Value): Value => Clip(x, 0, 6);

/** `min(max(x, low), high)`. */
export const HardTanh = (x: Value, low = -1, high = 1): Value => Clip(x, low, high);

/** `x * hardSigmoid(x)` (MobileNetV3, https://arxiv.org/abs/1905.02244). */
export const HardSwish = (x: Value): Value => Mul(x, HardSigmoid(x));

/** `x` where positive, else `alpha * (exp(x / scale) - 1)`. */
function exponentialLinear(x: Value, alpha: number, scale: number): Value {
  // The negative part as a difference, not as min(x, 0): so the derivative at 0 is alpha / scale, as in PyTorch.
  const positive = Relu(x);
  const negative = Sub(x, positive);
  const e = Exp(scale === 1 ? negative : Mul(negative, 1 / scale));
  const tail = Sub(e, 1);
  return Add(positive, alpha === 1 ? tail : Mul(tail, alpha));
}

/** `x` where positive, else `alpha * (exp(x) - 1)` (https://arxiv.org/abs/1511.07289). */
export const Elu = (x: Value, alpha = 1): Value => exponentialLinear(x, alpha, 1);

/** `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))` (https://arxiv.org/abs/1704.07483). */
export const Celu = (x: Value, alpha = 1): Value => exponentialLinear(x, alpha, alpha);

/** Self-normalising ELU, with the constants of https://arxiv.org/abs/1706.02515. */
export const Selu = (x: Value): Value => Mul(exponentialLinear(x, 1.6732632423543772, 1), 1.0507009873554805);

/** `x * tanh(softplus(x))` (https://arxiv.org/abs/1908.08681). */
export function Mish(x: Value): Value {
  // With e = exp(x), tanh(log(1 + e)) = (e^2 + 2e) / (e^2 + 2e + 2): one exponential, no logarithm. Beyond 20 it is 1 to
  // the last bit, and the limit keeps e^2 finite.
  const e = Exp(Min(x, 20));
  const w = Mul(e, Add(e, 2));
  return Mul(x, Div(w, Add(w, 2)));
}

/** `log(sigmoid(x))`, for any size of x. */
export const LogSigmoid = (x: Value): Value => Neg(Softplus(Neg(x)));

/** `x / (1 + |x|)`. */
export const Softsign = (x: Value): Value => Div(x, Add(Abs(x), 1));

/** The first half of an axis times the sigmoid of the second (https://arxiv.org/abs/1612.08083). */
export function Glu(x: Value, axis: number): Value {
  const place = axisOf(axis, x.shape.length);
  const size: Dim = x.shape[place]!;
  if (typeof size !== "number" || size % 2 !== 0) throw mismatch(`an even size of axis ${place}`, String(size));
  const [value, gate] = Split(x, place, [size / 2, size / 2]);
  return Mul(value!, Sigmoid(gate!));
}
