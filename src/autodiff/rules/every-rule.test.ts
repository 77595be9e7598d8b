/** @file One case for every operator that has a derivative: a new row of the gradient table is tested by being listed here. */
import { describe, expect, it } from "vitest";
import { checkGradients, type GradientCheck } from "../../../test/evaluate.js";
import type { Value } from "../../graph/index.js";
import * as ops from "../../graph/index.js";
import { rules } from "./index.js";

type Build = (x: Value, y: Value, z: Value) => Value;

/** A check of a function of up to three tensors of the given shapes. */
const of = (
  shapes: readonly (readonly number[])[],
  build: Build,
  range: { low?: number; high?: number } = {},
): GradientCheck => ({
  inputs: Object.fromEntries(shapes.map((shape, i) => ["xyz"[i]!, shape])),
  build: (inputs) => build(inputs.x!, inputs.y!, inputs.z!),
  ...range,
});

const positive = { low: 0.3, high: 2 };
const one = (build: Build, range = {}): GradientCheck => of([[2, 3, 4]], build, range);
/** Two tensors that broadcast against each other. */
const two = (build: Build, range = {}): GradientCheck =>
  of(
    [
      [2, 3, 4],
      [3, 1],
    ],
    build,
    range,
  );
const map = (build: Build): GradientCheck => of([[2, 3, 6, 5]], build);
const places = (x: Value, numbers: readonly number[], shape: readonly number[]): Value =>
  x.graph.constant(BigInt64Array.from(numbers, BigInt), shape);
/** A map [1, 2, 4, 6] of numbers without ties: where its maxima are has no derivative, so it is not differentiated. */
const fixedMap = (like: Value): Value =>
  like.graph.constant(
    Float64Array.from({ length: 48 }, (_, i) => Math.sin(17 * i)),
    [1, 2, 4, 6],
  );
const plain = { pads: [1, 0, 1, 2], strides: [2, 1], dilations: [1, 2] } as const;

const cases: { readonly [op: string]: GradientCheck } = {
  Add: two((x, y) => ops.Add(x, y)),
  Sub: two((x, y) => ops.Sub(x, y)),
  Mul: two((x, y) => ops.Mul(x, y)),
  Div: two((x, y) => ops.Div(x, y), positive),
  Pow: two((x, y) => ops.Pow(x, y), positive),
  Max: two((x, y) => ops.Max(x, y)),
  Min: two((x, y) => ops.Min(x, y)),
  Neg: one((x) => ops.Neg(x)),
  Abs: one((x) => ops.Abs(x)),
  Exp: one((x) => ops.Exp(x)),
  Log: one((x) => ops.Log(x), positive),
  Sqrt: one((x) => ops.Sqrt(x), positive),
  Reciprocal: one((x) => ops.Reciprocal(x), positive),
  Sin: one((x) => ops.Sin(x)),
  Cos: one((x) => ops.Cos(x)),
  Where: two((x, y) => ops.Where(ops.Greater(x, 0), x, ops.Mul(y, 2))),
  Cast: one((x) => ops.Cast(ops.Mul(ops.Cast(x, "float64"), 3), x.dtype)),
  Reshape: one((x) => ops.Mul(ops.Reshape(x, [4, 6]), 2)),
  Transpose: one((x) => ops.Transpose(x, [2, 0, 1])),
  Concat: two((x, y) => ops.Concat([x, ops.Expand(y, [2, 3, 1])], 2)),
  Split: one((x) => ops.Mul(...(ops.Split(x, 1, [1, 2]) as [Value, Value]))),
  Slice: one((x) => ops.Slice(x, [1, 2], [1, 0], [3, 4], [1, 3])),
  Pad: map((x) => ops.Pad(ops.Pad(x, [0, 0, 2, -1], [0, 0, 1, 1]), [0, 0, 1, 2], [0, 0, 2, 1], "reflect")),
  Expand: of([[3, 1]], (x) => ops.Expand(x, [2, 3, 4])),
  Gather: one((x) => ops.Gather(x, places(x, [2, 0, 2], [3]), 1)),
  GatherElements: one((x) => ops.GatherElements(x, places(x, [1, 0, 3, 3, 2, 0], [2, 3, 1]), 2)),
  ScatterElements: of(
    [
      [2, 4],
      [2, 2],
    ],
    (x, y) => ops.ScatterElements(x, places(x, [1, 3, 0, 2], [2, 2]), y, 1, "add"),
  ),
  Identity: one((x) => ops.Identity(x)),
  ReduceSum: one((x) => ops.ReduceSum(x, { axes: [0, 2] })),
  ReduceMean: one((x) => ops.ReduceMean(x, { axes: [1], keepdims: true })),
  ReduceMax: one((x) => ops.ReduceMax(x, { axes: [2] })),
  ReduceMin: one((x) => ops.ReduceMin(x, { axes: [0, 1] })),
  ReduceSumSquare: one((x) => ops.ReduceSumSquare(x, { axes: [-1] })),
  TopK: one((x) => ops.TopK(x, 2, 2).values),
  CumSum: one((x) => ops.CumSum(x, 1, { exclusive: true, reverse: true })),
  MatMul: of(
    [
      [2, 4, 3],
      [5, 4],
    ],
    (x, y) => ops.MatMul(x, y, { transA: true, transB: true }),
  ),
  Conv: of([[2, 4, 6, 7], [4, 2, 3, 2], [4]], (x, y, z) => ops.Conv(x, y, z, { ...plain, group: 2 })),
  ConvTranspose: of([[2, 4, 3, 4], [4, 2, 3, 2], [4]], (x, y, z) =>
    ops.ConvTranspose(x, y, z, { ...plain, group: 2, outputPadding: [1, 0] }),
  ),
  ConvKernelGradient: of(
    [
      [2, 2, 6, 7],
      [2, 3, 3, 7],
    ],
    (x, y) => ops.ConvKernelGradient(x, y, [3, 2], plain),
  ),
  Relu: one((x) => ops.Relu(x)),
  LeakyRelu: one((x) => ops.LeakyRelu(x, 0.2)),
  PRelu: of([[2, 3, 4], [3]], (x, y) => ops.PRelu(x, y)),
  Clip: one((x) => ops.Clip(x, -0.5, 0.4)),
  HardSigmoid: one((x) => ops.HardSigmoid(x), { low: -5, high: 5 }),
  Sigmoid: one((x) => ops.Sigmoid(x)),
  Tanh: one((x) => ops.Tanh(x)),
  Erf: one((x) => ops.Erf(x)),
  Softplus: one((x) => ops.Softplus(x)),
  Gelu: one((x) => ops.Add(ops.Gelu(x), ops.Gelu(x, "tanh"))),
  Silu: one((x) => ops.Silu(x)),
  Softmax: one((x) => ops.Softmax(x, 1)),
  LogSoftmax: one((x) => ops.LogSoftmax(x, 1)),
  BatchNormalization: of([[2, 3, 4], [3], [3]], (x, y, z) =>
    ops.BatchNormalization(x, y, z, y, ops.Add(ops.Mul(z, z), 1)),
  ),
  ChannelDot: of(
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    (x, y) => ops.ChannelDot(x, y),
  ),
  BatchNormTraining: of([[2, 3, 4], [3], [3]], (x, y, z) => ops.BatchNormTraining(x, y, z).y),
  InstanceNormalization: of([[2, 3, 4], [3], [3]], (x, y, z) => ops.InstanceNormalization(x, y, z)),
  LayerNormalization: of([[2, 3, 4], [4], [4]], (x, y, z) => ops.LayerNormalization(x, y, z)),
  Standardize: one((x) => ops.Standardize(x, [1, 2]).y),
  MaxPool: map((x) => ops.MaxPool(x, [3, 2], { strides: [2, 1], pads: [1, 0, 1, 1] })),
  MaxUnpool: of([[1, 2, 2, 3]], (x) => ops.MaxUnpool(fixedMap(x), x, [2, 2])),
  MaxPoolGather: of([[1, 2, 4, 6]], (x) => ops.MaxPoolGather(fixedMap(x), x, [2, 2])),
  Resize: map((x) => ops.Resize(x, [9, 4], "bicubic")),
  RepeatElements: map((x) => ops.Resize(x, [12, 15], "nearest")),
  ResizeNearest: map((x) => ops.Resize(x, [4, 7], "nearest")),
};

describe("the gradient of every operator equals central differences in float64", () => {
  it("has a case for each row of the table that has a derivative", () => {
    const differentiable = Object.entries(rules).filter(([, rule]) => typeof rule === "function");
    expect(Object.keys(cases).sort()).toEqual(differentiable.map(([op]) => op).sort());
  });

  for (const [op, check] of Object.entries(cases)) it(op, () => checkGradients(check));
});
