import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import {
  Graph,
  MaxPool,
  MaxPoolGather,
  MaxUnpool,
  Mul,
  type PoolOptions,
  type Target,
  type Value,
} from "../../graph/index.js";
import { float32 } from "../../runtime/tensor.js";
import { gradients } from "../backward.js";

const pools: { [name: string]: { kernel: [number, number]; options?: PoolOptions } } = {
  "2x2": { kernel: [2, 2] },
  "2x2 rounded up": { kernel: [2, 2], options: { ceilMode: true } },
  "3x3 with stride 2 and padding 1": { kernel: [3, 3], options: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  "3x2 with dilation 2 and stride 1": {
    kernel: [3, 2],
    options: { strides: [1, 1], dilations: [2, 1], pads: [1, 0, 0, 1] },
  },
  "2x2 with stride 3": { kernel: [2, 2], options: { strides: [3, 3] } },
};

describe.each(Object.entries(pools))("MaxPool %s", (_, { kernel, options }) => {
  const values = Float64Array.from({ length: 2 * 5 * 7 }, (_, i) => ((i * 37) % 71) / 35);
  const map = (graph: Graph) => graph.constant(values, [1, 2, 5, 7]);

  it("has the gradient of central differences in float64", () =>
    checkGradients({ inputs: { x: [1, 2, 5, 7] }, build: ({ x }) => MaxPool(x!, kernel, options) }));

  it("MaxUnpool and MaxPoolGather are linear in their values, with each other as gradient", async () => {
    const size = () => MaxPool(map(new Graph()), kernel, options).shape as number[];
    await checkGradients({
      inputs: { v: size() },
      build: ({ v }) => MaxUnpool(map(v!.graph), v!, kernel, options),
    });
    await checkGradients({
      inputs: { u: [1, 2, 5, 7] },
      build: ({ u }) => MaxPoolGather(map(u!.graph), u!, kernel, options),
    });
  });
});

/** Gradient of a pooling of a constant map, worked out by hand below: each window's weight goes to its first element. */
const gradientOfTies = async (target: Target, kernel: [number, number], options: PoolOptions, weights: number[]) => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 1, 3, 4]);
  const y = MaxPool(x, kernel, options);
  const [dx] = gradients(y, [x], graph.constant(Float32Array.from(weights), y.shape as number[]));
  graph.output("dx", dx as Value);
  return (await evaluate(graph, { x: float32(new Float32Array(12).fill(0.5), [1, 1, 3, 4]) }, target)).dx!.data;
};

describe.each(["cpu", "portable"] as const)("ties on target %s", (target) => {
  it("give the cotangent to the first of equals in row-major order", async () => {
    const found = await gradientOfTies(target, [2, 2], {}, [3, 5]);
    expect(Array.from(found as Float32Array)).toEqual([3, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("add up where windows overlap and ignore padding", async () => {
    // Windows cover rows -1..1 and 1..3, columns -1..1 and 1..3: their first elements are (0,0), (0,1), (1,0), (1,1).
    const found = await gradientOfTies(target, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }, [1, 2, 3, 4]);
    expect(Array.from(found as Float32Array)).toEqual([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0]);
  });
});

it("MaxPool: the gradient of a gradient is that of central differences", () =>
  checkGradients({
    inputs: { x: [1, 1, 4, 6] },
    build: ({ x }) => {
      const y = MaxPool(x!, [2, 2]);
      return gradients(Mul(y, y), [x!], y.graph.constant(new Float64Array(6).fill(1), [1, 1, 2, 3]))[0]!;
    },
  }));
