/**
 * @file Normalisations: over the batch (with the batch's own or stored statistics), over each image's channels, over the
 * last axes.
 *
 * Measured on 2 threads, float32 [4, 32, 128, 128]: BatchNormTraining's forward pass 1.5 ms as mean, Sub, Mul, mean,
 * BatchNormalization, and no faster with ReduceSumSquare (1.0 ms for that node alone, which is not vectorised); the
 * variance by `mean(x^2) - mean(x)^2` would save 0.4 ms, but loses all digits once the mean is a thousand deviations.
 * Products are summed by matrix products (`ChannelDot`), which write no tensor of their size: on one thread 0.13 ms for
 * [4, 16, 180, 240], Mul and ReduceSum 0.21.
 */
import { dimText, product, sameShape, shapeText } from "../dim.js";
import type { OpSpec, TensorType, Value } from "../types.js";
import { Add, Mul, Reciprocal, Sqrt, Sub } from "./arithmetic.js";
import { apply, apply1, axisOf, commonType, mismatch } from "./define.js";
import { MatMul } from "./matrix.js";
import { ReduceMean, ReduceSum } from "./reduce.js";
import { Flatten, Reshape } from "./shape.js";

export interface NormOptions {
  /** Added to the variance before its root is taken. */
  readonly epsilon?: number;
}

/** Axes of a channel's statistics: all but axis 1. */
export const batchAxes = (x: TensorType): number[] => x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));

/** A vector [C] in the shape in which it broadcasts against `x` [N, C, ...]. */
export const alongChannels = (v: Value, x: TensorType): Value =>
  Reshape(v, [v.shape[0]!, ...x.shape.slice(2).map(() => 1)]);

/** `1 / sqrt(variance + epsilon)`. */
export const inverseDeviation = (variance: Value, epsilon: number): Value => Reciprocal(Sqrt(Add(variance, epsilon)));

const filled = (like: Value, value: number, count: number): Value =>
  like.graph.constant(
    like.dtype === "float64" ? new Float64Array(count).fill(value) : new Float32Array(count).fill(value),
    [count],
  );

const channelCount = (x: TensorType): number => x.shape[1] as number;

/** One number for each channel in every input behind the first. */
function perChannel(inputs: readonly (TensorType | null)[]): TensorType {
  const [x, ...vectors] = inputs as readonly TensorType[];
  if (x!.shape.length < 2) throw mismatch("an input [N, C, ...]", `${x!.shape.length} dimensions`);
  for (const { shape } of vectors)
    if (shape.length !== 1 || shape[0] !== x!.shape[1])
      throw mismatch(`vectors of ${dimText(x!.shape[1]!)} channels`, shapeText(shape));
  return { dtype: commonType(inputs), shape: x!.shape };
}

const batchNormalization: OpSpec<{ epsilon: number }> = { infer: (inputs) => [perChannel(inputs)] };

/** Numbers of a channel of an image from which a matrix product sums their products. */
const shortestRow = 512;

/** Sums of products by channel. A matrix product takes the numbers of a channel of an image as a row. */
const channelDot: OpSpec = {
  infer: ([a, b]) => {
    if (!sameShape(a!.shape, b!.shape)) throw mismatch(`two tensors ${shapeText(a!.shape)}`, shapeText(b!.shape));
    if (a!.shape.length < 2) throw mismatch("an input [N, C, ...]", `${a!.shape.length} dimensions`);
    return [{ dtype: commonType([a!, b!]), shape: [a!.shape[1]!] }];
  },
  lower: (inputs, _, target) => {
    const [a, b] = inputs as [Value, Value];
    const [n, c] = a.shape;
    const length = product(a.shape.slice(2));
    // Of short rows a product has more to set up than to add: at 690 numbers both take as long, 0.05 ms for [4, 128, 23, 30].
    if (
      target !== "cpu" ||
      a.dtype !== "float32" ||
      typeof n !== "number" ||
      typeof c !== "number" ||
      typeof length !== "number" ||
      length < shortestRow
    )
      return [ReduceSum(Mul(a, b), { axes: batchAxes(a) })];
    const rows = (x: Value): Value => Reshape(x, [n * c, 1, length]);
    return [ReduceSum(Reshape(MatMul(rows(a), rows(b), { transB: true }), [n, c]), { axes: [0] })];
  },
};

const batchNormTraining: OpSpec<{ epsilon: number }> = {
  infer: (inputs) => {
    const y = perChannel(inputs);
    const statistic = { dtype: y.dtype, shape: [y.shape[1]!] };
    return [y, statistic, statistic, y];
  },
  lower: (inputs, { epsilon }) => {
    const [x, weight, bias] = inputs as [Value, Value, Value];
    const axes = batchAxes(x);
    const mean = ReduceMean(x, { axes });
    const centred = Sub(x, alongChannels(mean, x));
    const count = product(axes.map((axis) => x.shape[axis]!));
    const variance =
      typeof count === "number"
        ? Mul(ChannelDot(centred, centred), 1 / count)
        : ReduceMean(Mul(centred, centred), { axes });
    const none = filled(x, 0, channelCount(x));
    return [BatchNormalization(centred, weight, bias, none, variance, { epsilon }), mean, variance, centred];
  },
};

const instanceNormalization: OpSpec<{ epsilon: number }> = {
  infer: (inputs) => [perChannel(inputs)],
  lower: (inputs, { epsilon }, target) => {
    if (target !== "reference") return null;
    const [x, scale, bias] = inputs as [Value, Value, Value];
    const axes = x.shape.slice(2).map((_, i) => i + 2);
    const { y } = Standardize(x, axes, { epsilon });
    return [Add(Mul(y, alongChannels(scale, x)), alongChannels(bias, x))];
  },
};

const layerNormalization: OpSpec<{ axis: number; epsilon: number }> = {
  infer: ([x, scale, bias], { axis }) => {
    const normalized = x!.shape.slice(axis);
    for (const { shape } of [scale!, bias!])
      if (!sameShape(shape, normalized)) throw mismatch(`scale and bias of ${shapeText(normalized)}`, shapeText(shape));
    return [{ dtype: commonType([x!, scale!, bias!]), shape: x!.shape }];
  },
};

/** Rows up to this length are left to ONNX Runtime's LayerNormalization, which wants a vector of ones as long as a row. */
const longestRow = 4096;

const standardize: OpSpec<{ axes: readonly number[]; epsilon: number }> = {
  infer: ([x], { axes }) => [
    { dtype: x!.dtype, shape: x!.shape },
    { dtype: x!.dtype, shape: x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)) },
  ],
  lower: ([x], { axes, epsilon }, target) => {
    const rank = x!.shape.length;
    const row = product(axes.map((axis) => x!.shape[axis]!));
    const isRow = axes.every((axis) => axis >= rank - axes.length);
    if (target === "cpu" && x!.dtype === "float32" && isRow && typeof row === "number" && row <= longestRow)
      return rowsByLayerNorm(x!, row, rank - axes.length, epsilon);
    const centred = Sub(x!, ReduceMean(x!, { axes, keepdims: true }));
    const inverse = inverseDeviation(ReduceMean(Mul(centred, centred), { axes, keepdims: true }), epsilon);
    return [Mul(centred, inverse), inverse];
  },
};

/** LayerNormalization hands out the mean and the inverse deviation at no cost: 0.5 ms for [8192, 256], the parts 1.3. */
function rowsByLayerNorm(x: Value, row: number, axis: number, epsilon: number): Value[] {
  const ones = Reshape(filled(x, 1, row), x.shape.slice(axis));
  const [y, , inverse] = apply("LayerNormalization", withStatistics, [x, ones], { axis, epsilon });
  return [y!, inverse!];
}

const withStatistics: OpSpec<{ axis: number }> = {
  infer: ([x], { axis }) => {
    const statistic = { dtype: x!.dtype, shape: x!.shape.map((d, i) => (i < axis ? d : 1)) };
    return [{ dtype: x!.dtype, shape: x!.shape }, statistic, statistic];
  },
};

export const normOps = {
  BatchNormalization: batchNormalization,
  BatchNormTraining: batchNormTraining,
  ChannelDot: channelDot,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  Standardize: standardize,
} satisfies Record<string, OpSpec>;

/** `(x - mean) / sqrt(variance + epsilon) * weight + bias` with given statistics; `x` [N, C, ...], the others [C]. */
export const BatchNormalization = (
  x: Value,
  weight: Value,
  bias: Value,
  mean: Value,
  variance: Value,
  { epsilon = 1e-5 }: NormOptions = {},
): Value => apply1("BatchNormalization", batchNormalization, [x, weight, bias, mean, variance], { epsilon });

/** Sums [C] of the products of two tensors [N, C, ...] of one shape over all axes but that of channels. */
export const ChannelDot = (a: Value, b: Value): Value => apply1("ChannelDot", channelDot, [a, b]);

/** `x * scale + bias` with a number for each channel: one pass over memory where Mul and Add take two. */
export const channelAffine = (x: Value, scale: Value, bias: Value): Value =>
  BatchNormalization(x, scale, bias, filled(x, 0, channelCount(x)), filled(x, 1, channelCount(x)), { epsilon: 0 });

/**
 * Batch normalisation with the batch's own mean and biased variance [C] over all axes but 1
 * (https://arxiv.org/abs/1502.03167). `centred` is `x - mean`, which the gradient reads instead of `x`.
 */
export function BatchNormTraining(
  x: Value,
  weight: Value,
  bias: Value,
  { epsilon = 1e-5 }: NormOptions = {},
): { y: Value; mean: Value; variance: Value; centred: Value } {
  const outputs = apply("BatchNormTraining", batchNormTraining, [x, weight, bias], { epsilon });
  const [y, mean, variance, centred] = outputs as [Value, Value, Value, Value];
  return { y, mean, variance, centred };
}

/** The running mean after a batch: it moves towards the batch's by the share `momentum`. */
export const movedMean = (running: Value, batch: Value, momentum: number): Value =>
  Add(Mul(running, 1 - momentum), Mul(batch, momentum));

/** The running variance after a batch of `count` values a channel; it takes the unbiased variance, as PyTorch's does. */
export const movedVariance = (running: Value, batch: Value, momentum: number, count: number): Value =>
  Add(Mul(running, 1 - momentum), Mul(batch, (momentum * count) / (count - 1)));

/** Zero mean and unit variance over the given axes; with `1 / sqrt(variance + epsilon)`, whose reduced axes have size 1. */
export function Standardize(
  x: Value,
  axes: readonly number[],
  { epsilon = 1e-5 }: NormOptions = {},
): { y: Value; inverse: Value } {
  const places = axes.map((axis) => axisOf(axis, x.shape.length)).sort((a, b) => a - b);
  const [y, inverse] = apply("Standardize", standardize, [x], { axes: places, epsilon });
  return { y: y!, inverse: inverse! };
}

/** Each channel of each image to zero mean and unit variance, times `scale` [C], plus `bias` [C]; `x` [N, C, H, W]. */
export const InstanceNormalization = (
  x: Value,
  scale: Value = filled(x, 1, channelCount(x)),
  bias: Value = filled(x, 0, channelCount(x)),
  { epsilon = 1e-5 }: NormOptions = {},
): Value => apply1("InstanceNormalization", instanceNormalization, [x, scale, bias], { epsilon });

/** The axes from `axis` on to zero mean and unit variance, times `scale`, plus `bias`, both of those axes' shape. */
export const LayerNormalization = (
  x: Value,
  scale: Value,
  bias: Value,
  { axis = -scale.shape.length, epsilon = 1e-5 }: NormOptions & { readonly axis?: number } = {},
): Value =>
  apply1("LayerNormalization", layerNormalization, [x, scale, bias], { axis: axisOf(axis, x.shape.length), epsilon });

/**
 * Groups of neighbouring channels of each image to zero mean and unit variance, times `scale` [C], plus `bias` [C]
 * (https://arxiv.org/abs/1803.08494).
 */
export function GroupNormalization(
  x: Value,
  groups: number,
  scale: Value,
  bias: Value,
  { epsilon = 1e-5 }: NormOptions = {},
): Value {
  const channels = channelCount(x);
  if (channels % groups !== 0) throw mismatch(`a number of groups that divides ${channels} channels`, String(groups));
  if (groups === channels) return InstanceNormalization(x, scale, bias, { epsilon });
  const [n, , ...space] = x.shape;
  const grouped = Flatten(Reshape(x, [n!, groups, channels / groups, ...space]), 2, -1);
  const y = InstanceNormalization(grouped, filled(x, 1, groups), filled(x, 0, groups), { epsilon });
  return channelAffine(Reshape(y, x.shape), scale, bias);
}
