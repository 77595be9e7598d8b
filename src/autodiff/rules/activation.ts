/** @file Gradients of activations and of softmax. */

import { product } from "../../graph/dim.js";
import {
  Add,
  type activationOps,
  Between,
  ChannelDot,
  channelAffine,
  Erf,
  Exp,
  Expand,
  geluArgument,
  Mul,
  Neg,
  ReduceSum,
  Reshape,
  Sigmoid,
  Sub,
  type softmaxOps,
  Tanh,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { elementwise, notDifferentiable, type RulesFor, sumToShape, total } from "../rule.js";

/** Whether there is one slope for all channels of inputs [N, C, ...]. */
const isSingle = (slope: Value): boolean => product(slope.shape) === 1;

/** `x * scale + shift` with numbers that are the same for all channels: in one pass where there is an axis of these. */
function affine(x: Value, scale: Value | number, shift: number): Value {
  const channels = x.shape[1];
  const single = typeof scale === "number" || isSingle(scale);
  if (!single || typeof channels !== "number") return Add(Mul(x, scale), shift);
  const factor = typeof scale === "number" ? x.graph.scalar(scale, x.dtype) : scale;
  const ofAll = (one: Value): Value => Expand(Reshape(one, [1]), [channels]);
  return channelAffine(x, ofAll(factor), ofAll(x.graph.scalar(shift, x.dtype)));
}

/** 1 where x is positive, else `slope`. */
const leak = (x: Value, slope: Value | number): Value => {
  const positive = Between(x, 0, Infinity);
  // p + s(1 - p) = s + (1 - s)p
  return typeof slope === "number"
    ? affine(positive, 1 - slope, slope)
    : Add(Mul(positive, Sub(slope.graph.scalar(1, slope.dtype), slope)), slope);
};

export const activationRules: RulesFor<typeof activationOps> = {
  // The output tells the side as well as the input does, and the next layer keeps it in memory anyway.
  Relu: elementwise((_, y) => Between(y, 0, Infinity)),
  LeakyRelu: ({ x: [x], dy, attributes }) => [Mul(dy, leak(x!, attributes.alpha))],
  // With n = min(x, 0), the second output: dx = dy*(1 + (slope - 1)*[n < 0]), d(slope) = n*dy
  PRelu: ({ x: [, slope], y: [, n], dys: [dy = null, dn = null] }) => {
    const below = Between(n!, -Infinity, 0);
    const leaking = affine(below, Sub(slope!, 1), 1);
    return [
      total([dy ? Mul(dy, leaking) : null, dn ? Mul(dn, below) : null]),
      dy && (isSingle(slope!) ? Reshape(ReduceSum(ChannelDot(dy, n!)), slope!.shape) : sumToShape(Mul(dy, n!), slope!)),
    ];
  },
  Clip: ({ x, dy, attributes: { low, high } }) => [Mul(dy, Between(x[0]!, low, high)), ...x.slice(1).map(() => null)],
  HardSigmoid: ({ x: [x], dy, attributes: { alpha, beta } }) => [
    Mul(Mul(dy, alpha), Between(x!, -beta / alpha, (1 - beta) / alpha)),
  ],
  // s' = s(1 - s)
  Sigmoid: elementwise((_, y) => Mul(y, Sub(1, y))),
  // tanh' = 1 - tanh^2
  Tanh: elementwise((_, y) => Sub(1, Mul(y, y))),
  // d erf(x) = 2/sqrt(pi) exp(-x^2)
  Erf: elementwise((x) => Mul(Exp(Neg(Mul(x, x))), 2 / Math.sqrt(Math.PI))),
  Softplus: elementwise((x) => Sigmoid(x)),
  Gelu: ({ x: [x], dy, attributes: { approximate } }) => {
    if (approximate === "tanh") {
      // (x/2 (1 + t))' = (1 + t)/2 + x/2 (1 - t^2) u', u' = sqrt(2/pi) (1 + 3*0.044715 x^2)
      const t = Tanh(geluArgument(x!));
      const slope = Add(Mul(Mul(x!, x!), 0.134145 * Math.sqrt(2 / Math.PI)), Math.sqrt(2 / Math.PI));
      return [Mul(Mul(dy, 0.5), Add(Add(t, 1), Mul(Mul(x!, slope), Sub(1, Mul(t, t)))))];
    }
    // (x P)' = P + x p with the normal distribution P and density p
    const probability = Add(Mul(Erf(Mul(x!, Math.SQRT1_2)), 0.5), 0.5);
    const density = Mul(Exp(Mul(Mul(x!, x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return [Mul(dy, Add(probability, Mul(x!, density)))];
  },
  // (x s)' = s + x s(1 - s) = s + y(1 - s)
  Silu: elementwise((x, y) => {
    const s = Sigmoid(x);
    return Add(s, Mul(y, Sub(1, s)));
  }),
  Between: notDifferentiable("a step: its derivative is zero or does not exist"),
};

export const softmaxRules: RulesFor<typeof softmaxOps> = {
  // dx = y(dy - sum(y dy))
  Softmax: ({ y: [y], dy, attributes: { axis } }) => {
    const weighted = Mul(y!, dy);
    return [Sub(weighted, Mul(y!, ReduceSum(weighted, { axes: [axis], keepdims: true })))];
  },
  // dx = dy - exp(y) sum(dy)
  LogSoftmax: ({ y: [y], dy, attributes: { axis } }) => [
    Sub(dy, Mul(Exp(y!), ReduceSum(dy, { axes: [axis], keepdims: true }))),
  ],
};
