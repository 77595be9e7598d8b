import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import {
  Between,
  Celu,
  Clip,
  Elu,
  Erf,
  Gelu,
  Glu,
  Graph,
  HardSigmoid,
  HardSwish,
  LeakyRelu,
  LogSigmoid,
  LogSoftmax,
  LogSumExp,
  Mish,
  PRelu,
  ReduceSum,
  Relu,
  Relu6,
  Selu,
  Sigmoid,
  Silu,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
  type Value,
} from "../../graph/index.js";
import { float32 } from "../../runtime/tensor.js";
import { gradients } from "../index.js";

const activations: { [name: string]: (x: Value) => Value } = {
  Relu,
  LeakyRelu: (x) => LeakyRelu(x, 0.2),
  Clip: (x) => Clip(x, -1.5, 2),
  Relu6,
  HardSigmoid: (x) => HardSigmoid(x),
  HardSwish,
  Sigmoid,
  Tanh,
  Erf,
  Softplus,
  LogSigmoid,
  Gelu: (x) => Gelu(x),
  "Gelu by tanh": (x) => Gelu(x, "tanh"),
  Silu,
  Elu: (x) => Elu(x, 0.7),
  Celu: (x) => Celu(x, 1.4),
  Selu,
  Mish,
  Softsign,
  "Softmax over axis 1": (x) => Softmax(x, 1),
  "Softmax over the last axis": (x) => Softmax(x, -1),
  "LogSoftmax over axis 1": (x) => LogSoftmax(x, 1),
  "LogSoftmax over the last axis": (x) => LogSoftmax(x, -1),
  Glu: (x) => Glu(x, 2),
};

describe("activation gradients equal central differences in float64", () => {
  for (const [name, build] of Object.entries(activations))
    it(name, () => checkGradients({ inputs: { x: [2, 3, 4] }, low: -4, high: 4, build: ({ x }) => build(x!) }));

  it("PRelu with one slope and with a slope for each channel", async () => {
    for (const slope of [[1], [3]])
      await checkGradients({ inputs: { x: [2, 3, 2, 2], slope }, build: ({ x, slope }) => PRelu(x!, slope!) });
  });
});

describe("second derivatives equal central differences of the first", () => {
  for (const name of ["Tanh", "Sigmoid", "Softplus", "Gelu", "Silu", "Softmax over axis 1", "LogSoftmax over axis 1"])
    it(name, () =>
      checkGradients({
        inputs: { x: [2, 3, 2], v: [2, 3, 2] },
        build: ({ x, v }) => gradients(activations[name]!(x!), [x!], v!)[0]!,
      }),
    );

  it("LogSumExp, through whose shift nothing flows", () =>
    checkGradients({
      inputs: { x: [2, 3], v: [2] },
      build: ({ x, v }) => gradients(LogSumExp(x!, { axes: [1] }), [x!], v!)[0]!,
    }));
});

describe("the step behind the gradients of kinked activations", () => {
  const limits: [number, number][] = [
    [0, Infinity],
    [-Infinity, 0],
    [0, 6],
    [-3, 3],
  ];
  const near = (v: number): number[] => [v - 1e-6 * Math.max(1, Math.abs(v)), v, v + 1e-6 * Math.max(1, Math.abs(v))];
  const points = [...near(0), ...near(6), ...near(-3), ...near(3), 1e-37, -1e-37, 1e30, -1e30];
  for (const target of ["cpu", "portable"] as const)
    it(`is 1 strictly between its limits and 0 elsewhere on ${target}`, async () => {
      const graph = new Graph();
      const x = graph.input("x", "float32", [points.length]);
      for (const [i, [low, high]] of limits.entries()) graph.output(`y${i}`, Between(x, low, high));
      const data = Float32Array.from(points);
      const results = await evaluate(graph, { x: float32(data, [points.length]) }, target);
      for (const [i, [low, high]] of limits.entries())
        expect(Array.from(results[`y${i}`]!.data as Float32Array)).toEqual(
          Array.from(data, (v) => (v > low && v < high ? 1 : 0)),
        );
    });
});

describe("huge inputs", () => {
  const x = [-1e30, -1000, -100, 100, 1000, 1e30];
  const expected: [string, (x: Value) => Value, number[], number[]][] = [
    ["Softplus", Softplus, [0, 0, 0, 100, 1000, 1e30], [0, 0, 0, 1, 1, 1]],
    ["LogSigmoid", LogSigmoid, [-1e30, -1000, -100, 0, 0, 0], [1, 1, 1, 0, 0, 0]],
    ["Mish", Mish, [0, 0, 0, 100, 1000, 1e30], [0, 0, 0, 1, 1, 1]],
    ["Silu", Silu, [0, 0, 0, 100, 1000, 1e30], [0, 0, 0, 1, 1, 1]],
    ["Elu", Elu, [-1, -1, -1, 100, 1000, 1e30], [0, 0, 0, 1, 1, 1]],
    ["Softmax", (v) => Softmax(v, 0), [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0]],
  ];
  for (const [name, build, y, slope] of expected)
    for (const target of ["cpu", "portable"] as const)
      it(`neither overflow ${name} nor its gradient on ${target}`, async () => {
        const graph = new Graph();
        const input = graph.input("x", "float32", [x.length]);
        const output = build(input);
        graph.output("y", output);
        graph.output("dx", gradients(ReduceSum(output), [input])[0]!);
        const results = await evaluate(graph, { x: float32(x, [x.length]) }, target);
        expect(results.y!.data as Float32Array).toBeAllclose(y, { rtol: 1e-6, atol: 1e-6 });
        expect(results.dx!.data as Float32Array).toBeAllclose(slope, { rtol: 1e-6, atol: 1e-6 });
      });
});
