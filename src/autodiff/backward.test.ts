import { describe, expect, it } from "vitest";
import { checkGradients, evaluate } from "../../test/evaluate.js";
import { GraphError } from "../errors/index.js";
import { Add, Conv, ConvTranspose, Exp, Graph, Mul, operators, ReduceSum, Sqrt, StopGradient } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { gradients } from "./backward.js";
import { rules } from "./rules/index.js";

describe("the backward pass", () => {
  it("has a row for every operator, and only for operators", () => {
    expect(Object.keys(rules).sort()).toEqual(Object.keys(operators).sort());
  });

  it("adds the cotangents of a value that is used twice", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [3]);
    const [dx] = gradients(ReduceSum(Add(Mul(x, x), Mul(x, 3))), [x]);
    graph.output("dx", dx!);
    const { dx: found } = await evaluate(graph, { x: float32([1, 2, -4], [3]) });
    expect(Array.from(found!.data as Float32Array)).toEqual([5, 7, -5]);
  });

  it("gives null where the loss does not depend on a value, and nothing flows through StopGradient", () => {
    const graph = new Graph();
    const [a, b, c] = ["a", "b", "c"].map((name) => graph.input(name, "float32", [2]));
    const found = gradients(ReduceSum(Mul(a!, StopGradient(b!))), [a!, b!, c!]);
    expect(found.map((value) => value === null)).toEqual([false, true, true]);
  });

  it("asks for a single number as the loss", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    expect(() => gradients(Exp(x), [x])).toThrow(GraphError);
  });

  it("marks nodes with the layer whose gradient they are", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    const y = graph.inScope("layer1", () => Exp(x));
    gradients(ReduceSum(y), [x]);
    expect(graph.nodes.at(-1)!.scope).toBe("layer1'");
  });
});

describe("gradients of gradients equal central differences in float64", () => {
  it("sqrt", () =>
    checkGradients({
      inputs: { x: [5] },
      low: 0.5,
      high: 2,
      build: ({ x }) => gradients(ReduceSum(Mul(Sqrt(x!), x!)), [x!])[0]!,
    }));

  it("Conv, with respect to input and kernel of its kernel gradient", () =>
    checkGradients({
      inputs: { x: [1, 2, 5, 6], w: [3, 2, 3, 3] },
      build: ({ x, w }) => {
        const y = Conv(x!, w!, null, { pads: [1, 1, 1, 1], strides: [2, 1] });
        return gradients(ReduceSum(Mul(y, y)), [w!])[0]!;
      },
    }));

  it("ConvTranspose, with respect to both", () =>
    checkGradients({
      inputs: { x: [1, 3, 3, 4], w: [3, 2, 2, 2] },
      build: ({ x, w }) => {
        const y = ConvTranspose(x!, w!, null, { strides: [2, 2] });
        return gradients(ReduceSum(Mul(y, y)), [x!])[0]!;
      },
    }));
});
