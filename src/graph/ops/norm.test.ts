import { describe, expect, it } from "vitest";
import { evaluate } from "../../../test/evaluate.js";
import { float32 } from "../../runtime/tensor.js";
import {
  BatchNormalization,
  BatchNormTraining,
  ChannelDot,
  Graph,
  GroupNormalization,
  InstanceNormalization,
  LocalResponseNormalization,
  symbol,
} from "../index.js";

describe("normalisation in a graph of free size", () => {
  for (const target of ["cpu", "portable"] as const)
    it(`equals the graph of fixed size on ${target}`, async () => {
      const shape = [2, 4, 3, 5];
      const graphOf = (dims: Parameters<Graph["input"]>[2]): Graph => {
        const graph = new Graph();
        const x = graph.input("x", "float32", dims);
        const vector = (...values: number[]) => graph.constant(Float32Array.from(values), [4]);
        const [scale, bias] = [vector(1, -2, 0.5, 3), vector(0, 1, 2, 3)];
        graph.output("batch", BatchNormalization(x, scale, bias, vector(0.1, 0.2, 0.3, 0.4), vector(1, 2, 3, 4)));
        graph.output("group", GroupNormalization(x, 2, scale, bias));
        graph.output("instance", InstanceNormalization(x, scale, bias));
        graph.output("neighbours", LocalResponseNormalization(x, { size: 3 }));
        return graph;
      };
      const x = float32(
        Float32Array.from({ length: 120 }, (_, i) => Math.sin(i * i)),
        shape,
      );
      const fixed = await evaluate(graphOf(shape), { x }, target);
      const free = await evaluate(graphOf([symbol("batch"), 4, symbol("height"), symbol("width")]), { x }, target);
      for (const name of Object.keys(fixed)) expect(free[name]!.data).toEqual(fixed[name]!.data);
    });
});

describe("BatchNormTraining", () => {
  it("gives the batch's mean, its biased variance and the centred input of each channel", async () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2, 2, 1, 2]);
    const ones = graph.constant(Float32Array.of(1, 1), [2]);
    const { mean, variance, centred } = BatchNormTraining(x, ones, ones);
    for (const [name, value] of Object.entries({ mean, variance, centred })) graph.output(name, value);
    // Channel 0 holds 1, 2, 3, 6; channel 1 holds 10, 10, 10, 14.
    const results = await evaluate(graph, { x: float32([1, 2, 10, 10, 3, 6, 10, 14], [2, 2, 1, 2]) });
    expect(Array.from(results.mean!.data as Float32Array)).toEqual([3, 11]);
    expect(Array.from(results.variance!.data as Float32Array)).toEqual([3.5, 3]);
    expect(Array.from(results.centred!.data as Float32Array)).toEqual([-2, -1, -1, -1, 0, 3, -1, 3]);
  });
});

describe("ChannelDot", () => {
  it.each([
    ["long rows, as matrix products", [3, 4, 25, 24]],
    ["short rows", [3, 4, 3]],
    ["rows [N, C]", [5, 4]],
  ])("sums the products of each channel: %s", async (_, shape) => {
    const count = shape.reduce((product, side) => product * side, 1);
    const [a, b] = [0.7, 1.3].map((step) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i * step)));
    const inner = count / (shape[0]! * 4);
    const expected = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) expected[Math.floor(i / inner) % 4]! += a![i]! * b![i]!;
    for (const target of ["cpu", "portable"] as const) {
      const graph = new Graph();
      const [x, y] = ["x", "y"].map((name) => graph.input(name, "float32", shape));
      graph.output("sums", ChannelDot(x!, y!));
      const { sums } = await evaluate(graph, { x: float32(a!, shape), y: float32(b!, shape) }, target);
      expect(sums!.data as Float32Array).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-5 });
    }
  });

  it("refuses tensors of different shapes", () => {
    const graph = new Graph();
    const [x, y] = [graph.input("x", "float32", [1, 2, 3]), graph.input("y", "float32", [1, 2, 4])];
    expect(() => ChannelDot(x, y)).toThrow(/two tensors/);
  });
});

describe("normalisations refuse", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2, 4, 3, 5]);
  const vector = (count: number) => graph.constant(new Float32Array(count), [count]);

  it("vectors of another number of channels", () => {
    expect(() => BatchNormTraining(x, vector(3), vector(4))).toThrow(/vectors of 4 channels/);
    expect(() => InstanceNormalization(x, vector(4), vector(5))).toThrow(/vectors of 4 channels/);
  });

  it("groups that do not divide the channels", () => {
    expect(() => GroupNormalization(x, 3, vector(4), vector(4))).toThrow(/divides 4 channels/);
  });
});
