/** @file Activations that are operators of their own: those of ONNX, and composites with a cheaper or safer form than their parts. */
import type { OpSpec, Value } from "../types.js";
import { Abs, Add, Cast, Exp, Greater, Less, Log, Max, Min, Mul, Neg, Sub, Where } from "./arithmetic.js";
import { apply, apply1, broadcastShapes, commonType, mismatch, unary } from "./define.js";
import { Reshape } from "./shape.js";

const leakyRelu: OpSpec<{ alpha: number }> = {
  ...unary,
  lower: ([x], { alpha }, target) => (target === "reference" ? [Where(Greater(x!, 0), x!, Mul(x!, alpha))] : null),
};

/**
 * Outputs `y = x + (slope - 1) n` and, for the gradient, n = min(x, 0). ONNX Runtime's own PRelu takes 25 ms for [8, 64, 90, 120] and
 * one slope on 2 threads; these three passes 0.38 ms for [4, 16, 180, 240] on one, Relu, Sub, Mul and Add 0.51.
 */
const pRelu: OpSpec = {
  infer: ([x, slope]) => {
    const shape = broadcastShapes(x!.shape, slope!.shape);
    if (shape.length !== x!.shape.length) throw mismatch("slopes that broadcast to the input", "more dimensions");
    const type = { dtype: commonType([x!, slope!]), shape: x!.shape };
    return [type, type];
  },
  lower: ([x, slope]) => {
    const negative = Clip(x!, -Infinity, 0);
    return [Add(Mul(negative, Sub(slope!, 1)), x!), negative];
  },
};

const hardSigmoid: OpSpec<{ alpha: number; beta: number }> = {
  ...unary,
  lower: ([x], { alpha, beta }, target) =>
    target === "reference" ? [Min(Max(Add(Mul(x!, alpha), beta), 0), 1)] : null,
};

const clip: OpSpec<{ low: number; high: number }> = { ...unary, emit: () => ({ attributes: {} }) };

/** ONNX Runtime's own Softplus is not vectorised: 21 ms where this form takes 5 (2^21 float32 elements, 2 threads). */
const softplus: OpSpec = {
  ...unary,
  lower: ([x]) => [Add(Relu(x!), Log(Add(Exp(Neg(Abs(x!))), 1)))],
};

/** ONNX Runtime's Erf has no double kernel: `reference` takes 2x/sqrt(pi) exp(-x^2) sum (2x^2)^n/(2n+1)!!, good for |x| < 5. */
const erf: OpSpec = {
  ...unary,
  lower: ([x], _, target) => {
    if (target !== "reference") return null;
    const square = Mul(x!, x!);
    let series = Add(Mul(square, 2 / 161), 1);
    for (let n = 79; n >= 1; n--) series = Add(Mul(series, Mul(square, 2 / (2 * n + 1))), 1);
    return [Mul(Mul(x!, Mul(Exp(Neg(square)), series)), 2 / Math.sqrt(Math.PI))];
  },
};

const gelu: OpSpec<{ approximate: "none" | "tanh" }> = {
  ...unary,
  lower: ([x], { approximate }, target) => {
    if (target !== "reference") return null;
    const inner = approximate === "tanh" ? Tanh(geluArgument(x!)) : Erf(Mul(x!, Math.SQRT1_2));
    return [Mul(Mul(x!, 0.5), Add(inner, 1))];
  },
};

/** sqrt(2/pi) (x + 0.044715 x^3), whose tanh approximates erf(x/sqrt(2)). */
export const geluArgument = (x: Value): Value => Mul(Mul(x, Math.sqrt(2 / Math.PI)), Add(Mul(Mul(x, x), 0.044715), 1));

/** On CPU `QuickGelu` with alpha 1 is x*sigmoid(x) in one pass: 0.36 ms instead of 0.93 (2^21 elements, 2 threads). */
const silu: OpSpec = {
  ...unary,
  emit: () => ({ op: "QuickGelu", domain: "com.microsoft", attributes: { alpha: 1 } }),
  lower: ([x], _, target) => (target === "cpu" && x!.dtype === "float32" ? null : [Mul(x!, Sigmoid(x!))]),
};

/**
 * ONNX Runtime's comparisons and `Where` are slower than a clamped line so steep that it is a step. dy*[y > 0] for
 * [4, 32, 128, 128] float32 on 2 threads: with Sign 1.93 ms, Where(Greater) 1.55, Cast(Greater) 0.88, Clip(y*1e38) 0.78,
 * HardSigmoid 0.65. The slopes are powers of two, so that the line crosses zero exactly at the limit.
 */
const between: OpSpec<{ low: number; high: number }> = {
  ...unary,
  lower: ([x], { low, high }, target) => {
    const steep = target === "cpu" && x!.dtype === "float32";
    const slope = (limit: number): number => (limit === 0 ? 2 ** 127 : 2 ** 100);
    const above = () =>
      steep ? HardSigmoid(x!, { alpha: slope(low), beta: -low * slope(low) }) : Cast(Greater(x!, low), x!.dtype);
    const below = () =>
      steep ? HardSigmoid(x!, { alpha: -slope(high), beta: high * slope(high) }) : Cast(Less(x!, high), x!.dtype);
    if (high === Infinity) return [above()];
    if (low === -Infinity) return [below()];
    return [Mul(above(), below())];
  },
};

export const activationOps = {
  Relu: unary,
  LeakyRelu: leakyRelu,
  PRelu: pRelu,
  Clip: clip,
  HardSigmoid: hardSigmoid,
  Sigmoid: unary,
  Tanh: unary,
  Erf: erf,
  Softplus: softplus,
  Gelu: gelu,
  Silu: silu,
  Between: between,
} satisfies Record<string, OpSpec>;

const one =
  (op: "Relu" | "Sigmoid" | "Tanh" | "Erf" | "Softplus" | "Silu") =>
  (x: Value): Value =>
    apply1(op, activationOps[op], [x]);

/** `max(x, 0)`; its derivative at 0 is 0. */
export const Relu = one("Relu");
/** `1 / (1 + exp(-x))`. */
export const Sigmoid = one("Sigmoid");
export const Tanh = one("Tanh");
/** The error function, `2/sqrt(pi)` times the integral of `exp(-t^2)` from 0 to x. */
export const Erf = one("Erf");
/** `log(1 + exp(x))`, for any size of x. */
export const Softplus = one("Softplus");
/** `x * sigmoid(x)`, also called swish (https://arxiv.org/abs/1702.03118). */
export const Silu = one("Silu");

/** `x` where positive, else `alpha * x`; the derivative at 0 is `alpha`. */
export const LeakyRelu = (x: Value, alpha = 0.01): Value => apply1("LeakyRelu", leakyRelu, [x], { alpha });

/** `x` where positive, else `slope * x`; one slope, or one for each channel (`slope` [C] meets axis 1 of `x`). */
export function PRelu(x: Value, slope: Value): Value {
  const perChannel = slope.shape.length === 1 && slope.shape[0] !== 1;
  const wide = perChannel ? Reshape(slope, [slope.shape[0]!, ...x.shape.slice(2).map(() => 1)]) : slope;
  return apply("PRelu", pRelu, [x, wide])[0]!;
}

/** `min(max(x, low), high)`, whose derivative is 0 at and beyond the limits; infinite limits are left out. */
export function Clip(x: Value, low: number, high: number): Value {
  const limit = (value: number) => (Number.isFinite(value) ? x.graph.scalar(value, x.dtype) : null);
  return apply1("Clip", clip, [x, limit(low), limit(high)], { low, high });
}

/** `min(max(alpha * x + beta, 0), 1)`; by default MobileNetV3's, `x / 6 + 1/2`. */
export const HardSigmoid = (x: Value, { alpha = 1 / 6, beta = 0.5 } = {}): Value =>
  apply1("HardSigmoid", hardSigmoid, [x], { alpha, beta });

/** `x * P(Z <= x)` of a normal Z, exact or by its tanh approximation (https://arxiv.org/abs/1606.08415). */
export const Gelu = (x: Value, approximate: "none" | "tanh" = "none"): Value =>
  apply1("Gelu", gelu, [x], { approximate });

/** 1 where `low < x < high`, else 0, in the type of x. Either limit may be infinite. */
export const Between = (x: Value, low: number, high: number): Value => apply1("Between", between, [x], { low, high });
