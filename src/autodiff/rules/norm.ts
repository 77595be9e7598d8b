/** @file Gradients of normalisations. */
import { product } from "../../graph/dim.js";
import {
  Add,
  alongChannels,
  batchAxes,
  ChannelDot,
  channelAffine,
  Expand,
  inverseDeviation,
  Mul,
  Neg,
  type normOps,
  ReduceMean,
  ReduceSum,
  Reshape,
  Standardize,
  Sub,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { type Rule, type RulesFor, sumToShape, total } from "../rule.js";

/**
 * With c = x - mean, r = 1/sqrt(var + eps), M values a channel, and the cotangents dy, dm, dv, dc of y, mean, variance, c:
 *
 *     dweight = r sum(dy c)      dbias = sum(dy)
 *     dx = weight r (dy - c r dweight/M - dbias/M)  +  dm/M  +  2 c dv/M  +  dc - mean(dc)
 *
 * The first part is Mul, Add and one affine pass. With the sums that makes 2.4 ms for [4, 32, 128, 128] float32 on
 * 2 threads and 10.5 for four times that; as two affine passes and Add 2.4 and 11.6, as FusedConv and Mul 2.1 and 12.6.
 */
const batchNormTraining: Rule = ({ x: [x, weight], y: [, , variance, centred], dys, attributes }) => {
  const [dy, dm, dv, dc] = dys;
  const axes = batchAxes(x!);
  const share = 1 / (product(axes.map((axis) => x!.shape[axis]!)) as number);
  const wide = (v: Value): Value => alongChannels(v, x!);
  const others = [
    dm ? Expand(wide(Mul(dm, share)), x!.shape) : null,
    dv ? Mul(centred!, wide(Mul(dv, 2 * share))) : null,
    dc ? Sub(dc, ReduceMean(dc, { axes, keepdims: true })) : null,
  ];
  if (!dy) return [total(others), null, null];
  const inverse = inverseDeviation(variance!, attributes.epsilon);
  const dbias = ReduceSum(dy, { axes });
  const dweight = Mul(ChannelDot(dy, centred!), inverse);
  const scale = Mul(weight!, inverse);
  const slope = Mul(Mul(dweight, inverse), -share);
  const main = channelAffine(Add(Mul(centred!, wide(slope)), dy), scale, Mul(Mul(dbias, scale), -share));
  return [total([main, ...others]), dweight, dbias];
};

/** dx = r (g - mean(g) - y mean(g y)) for the cotangent g of y = r (x - mean) with r = 1/sqrt(var + epsilon). */
function standardizeGradient(y: Value, inverse: Value, axes: readonly number[], g: Value): Value {
  const over = { axes, keepdims: true };
  const slope = ReduceMean(Mul(g, y), over);
  return Mul(Sub(Sub(g, ReduceMean(g, over)), Mul(y, slope)), inverse);
}

/** The rule of `Standardize(x) * scale + bias`; `widen` shapes scale and bias so that they broadcast against x. */
function standardizedAffine(
  [x, scale, bias]: readonly Value[],
  dy: Value,
  axes: readonly number[],
  epsilon: number,
  widen: (v: Value) => Value,
): Value[] {
  const { y, inverse } = Standardize(x!, axes, { epsilon });
  const narrow = (v: Value, like: Value): Value => Reshape(sumToShape(v, widen(like)), like.shape);
  return [standardizeGradient(y, inverse, axes, Mul(dy, widen(scale!))), narrow(Mul(dy, y), scale!), narrow(dy, bias!)];
}

const axesFrom = (x: Value, first: number): number[] => x.shape.flatMap((_, i) => (i < first ? [] : [i]));

export const normRules: RulesFor<typeof normOps> = {
  // y = weight r (x - mean) + bias, r = 1/sqrt(var + epsilon): dvar = -weight r^3/2 sum(dy (x - mean)) = -weight r^2/2 dweight
  BatchNormalization: ({ x: [x, weight, , mean, variance], dy, attributes: { epsilon } }) => {
    const axes = batchAxes(x!);
    const inverse = inverseDeviation(variance!, epsilon);
    const scale = Mul(weight!, inverse);
    const dbias = ReduceSum(dy, { axes });
    const dweight = Mul(ChannelDot(dy, Sub(x!, alongChannels(mean!, x!))), inverse);
    return [
      Mul(dy, alongChannels(scale, x!)),
      dweight,
      dbias,
      Neg(Mul(scale, dbias)),
      Mul(Mul(Mul(scale, inverse), dweight), -0.5),
    ];
  },
  BatchNormTraining: batchNormTraining,
  ChannelDot: ({ x: [a, b], dy }) => [Mul(b!, alongChannels(dy, a!)), Mul(a!, alongChannels(dy, a!))],
  InstanceNormalization: ({ x, dy, attributes: { epsilon } }) =>
    standardizedAffine(x, dy, axesFrom(x[0]!, 2), epsilon, (v) => alongChannels(v, x[0]!)),
  LayerNormalization: ({ x, dy, attributes: { axis, epsilon } }) =>
    standardizedAffine(x, dy, axesFrom(x[0]!, axis), epsilon, (v) => v),
  // The second output is r, and dr/dx = -r^2 y / M.
  Standardize: ({ x: [x], y: [y, inverse], dys: [dy, dr], attributes: { axes } }) => {
    const count = product((axes as number[]).map((axis) => x!.shape[axis]!)) as number;
    return [
      total([
        dy ? standardizeGradient(y!, inverse!, axes, dy) : null,
        dr ? Mul(y!, Mul(Mul(dr, Mul(inverse!, inverse!)), -1 / count)) : null,
      ]),
    ];
  },
};
