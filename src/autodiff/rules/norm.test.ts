import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../../test/evaluate.js";
import {
  Add,
  BatchNormalization,
  BatchNormTraining,
  Exp,
  Graph,
  GroupNormalization,
  InstanceNormalization,
  L2Normalization,
  LayerNormalization,
  LocalResponseNormalization,
  Mul,
  Reshape,
  Standardize,
  type Value,
} from "../../graph/index.js";
import { float32 } from "../../runtime/tensor.js";
import { gradients } from "../index.js";

const wide = (v: Value): Value => Reshape(v, [v.shape[0]!, 1, 1]);

describe("normalisation gradients equal central differences in float64", () => {
  const vectors = { w: [3], b: [3] };

  it("BatchNormTraining over images", () =>
    checkGradients({
      inputs: { x: [2, 3, 2, 3], ...vectors },
      build: ({ x, w, b }) => BatchNormTraining(x!, w!, b!).y,
    }));

  it("BatchNormTraining over rows [N, C]", () =>
    checkGradients({
      inputs: { x: [5, 3], ...vectors },
      build: ({ x, w, b }) => BatchNormTraining(x!, w!, b!, { epsilon: 1e-3 }).y,
    }));

  it("BatchNormTraining through all four outputs at once", () =>
    checkGradients({
      inputs: { x: [2, 3, 2, 3], ...vectors },
      build: ({ x, w, b }) => {
        const { y, mean, variance, centred } = BatchNormTraining(x!, w!, b!);
        return Add(Mul(y, wide(variance)), Mul(Exp(centred), wide(mean)));
      },
    }));

  it("BatchNormTraining through the statistics alone", () =>
    checkGradients({
      inputs: { x: [2, 3, 2, 3], ...vectors },
      build: ({ x, w, b }) => {
        const { mean, variance } = BatchNormTraining(x!, w!, b!);
        return Mul(Add(Mul(mean, mean), variance), Add(w!, b!));
      },
    }));

  it("BatchNormalization with respect to its input, weights and statistics", () =>
    checkGradients({
      inputs: { x: [2, 3, 2, 3], ...vectors, mean: [3], logVariance: [3] },
      build: ({ x, w, b, mean, logVariance }) => BatchNormalization(x!, w!, b!, mean!, Exp(logVariance!)),
    }));

  it("InstanceNormalization", () =>
    checkGradients({
      inputs: { x: [2, 3, 2, 4], ...vectors },
      build: ({ x, w, b }) => InstanceNormalization(x!, w!, b!),
    }));

  it("GroupNormalization with one group, two groups and a group for each channel", async () => {
    for (const groups of [1, 2, 4])
      await checkGradients({
        inputs: { x: [2, 4, 2, 2], w: [4], b: [4] },
        build: ({ x, w, b }) => GroupNormalization(x!, groups, w!, b!),
      });
  });

  it("LayerNormalization over one and over two axes", async () => {
    for (const shape of [[4], [3, 4]])
      await checkGradients({
        inputs: { x: [2, 3, 4], w: shape, b: shape },
        build: ({ x, w, b }) => LayerNormalization(x!, w!, b!, { epsilon: 1e-6 }),
      });
  });

  it("Standardize through both outputs", () =>
    checkGradients({
      inputs: { x: [3, 2, 4] },
      build: ({ x }) => {
        const { y, inverse } = Standardize(x!, [0, 2]);
        return Mul(y, inverse);
      },
    }));

  it("LocalResponseNormalization with odd and even windows", async () => {
    for (const size of [3, 4])
      await checkGradients({
        inputs: { x: [1, 5, 2, 2] },
        build: ({ x }) => LocalResponseNormalization(x!, { size, alpha: 0.5, k: 2 }),
      });
  });

  it("L2Normalization", () => checkGradients({ inputs: { x: [2, 4, 3] }, build: ({ x }) => L2Normalization(x!, 1) }));
});

describe("second derivatives equal central differences of the first", () => {
  it("BatchNormTraining", () =>
    checkGradients({
      inputs: { x: [2, 2, 3], w: [2], b: [2], v: [2, 2, 3] },
      build: ({ x, w, b, v }) => {
        const { y } = BatchNormTraining(x!, w!, b!);
        const [dx, dw, db] = gradients(Mul(y, y), [x!, w!, b!], v!);
        return Add(dx!, Reshape(Mul(dw!, db!), [2, 1]));
      },
    }));

  it("LayerNormalization", () =>
    checkGradients({
      inputs: { x: [3, 4], w: [4], v: [3, 4] },
      build: ({ x, w, v }) => gradients(LayerNormalization(x!, w!, w!), [x!], v!)[0]!,
    }));
});

describe("normalisation in float32", () => {
  it("LayerNormalization's gradient is the same on cpu and portable", async () => {
    const shape = [6, 10];
    const graph = new Graph();
    const [x, g] = [graph.input("x", "float32", shape), graph.input("g", "float32", shape)];
    const [w, b] = [graph.input("w", "float32", [10]), graph.input("b", "float32", [10])];
    const found = gradients(LayerNormalization(x, w, b), [x, w, b], g);
    for (const [i, name] of ["dx", "dw", "db"].entries()) graph.output(name, found[i]!);
    const wave = (count: number, step: number): Float32Array =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(i * step));
    const feeds = {
      x: float32(wave(60, 0.7), shape),
      g: float32(wave(60, 1.3), shape),
      w: float32(wave(10, 0.4), [10]),
      b: float32(wave(10, 0.9), [10]),
    };
    const [fast, portable] = [await evaluate(graph, feeds, "cpu"), await evaluate(graph, feeds, "portable")];
    for (const name of ["dx", "dw", "db"])
      expect(fast[name]!.data as Float32Array).toBeAllclose(portable[name]!.data as Float32Array, {
        rtol: 1e-5,
        atol: 1e-5,
      });
  });

  it("L2Normalization of a vector of zeros is zero, and its gradient finite", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [1, 3]);
    const y = L2Normalization(x, 1);
    graph.output("y", y);
    graph.output("dx", gradients(y, [x], graph.constant(Float32Array.of(0, 0, 0), [1, 3]))[0]!);
    const results = await evaluate(graph, { x: float32([0, 0, 0], [1, 3]) });
    expect(Array.from(results.y!.data as Float32Array)).toEqual([0, 0, 0]);
    expect(Array.from(results.dx!.data as Float32Array)).toEqual([0, 0, 0]);
  });
});
