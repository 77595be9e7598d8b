import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph, type Value } from "../graph/index.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { type BatchNorm2dOptions, batchNorm2d, groupNorm, instanceNorm2d, layerNorm } from "./norm.js";
import { type Mode, NetworkState, Scope } from "./scope.js";

// Channel 0 holds 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3. Channel 1 holds 0, 0, 4, 4: mean 2, biased 4.
const x = float32([1, 2, 0, 0, 3, 6, 4, 4], [2, 2, 1, 2]);
const state = {
  "bn.weight": float32([2, 1], [2]),
  "bn.bias": float32([0, 10], [2]),
  "bn.running_mean": float32([1, -1], [2]),
  "bn.running_var": float32([4, 16], [2]),
};

async function run(
  mode: Mode,
  options: BatchNorm2dOptions = {},
  uses = 1,
  frozen = false,
): Promise<{ [name: string]: Tensor }> {
  const graph = new Graph();
  const network = new NetworkState(graph, mode, { frozenNorm: (path) => frozen && path === "bn" });
  const image = graph.input("x", "float32", x.shape);
  const outputs = Array.from({ length: uses }, () => batchNorm2d(new Scope(network).at("bn"), image, options));
  graph.output("y", outputs[0]!);
  for (const [name, value] of network.updates) graph.output(`new ${name}`, value);
  return evaluate(graph, { x, ...state });
}

const numbers = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array;

describe("batchNorm2d", () => {
  it("normalizes by the batch's statistics while training, and moves the running ones by the unbiased variance", async () => {
    const results = await run("train", { eps: 0.5 });
    // sqrt(3.5 + 0.5) = 2; sqrt(4 + 0.5) = 2.1213.
    const s = Math.sqrt(4.5);
    const expected = [-2, -1, 10 - 2 / s, 10 - 2 / s, 0, 3, 10 + 2 / s, 10 + 2 / s];
    expect(numbers(results.y)).toBeAllclose(expected);
    expect(numbers(results["new bn.running_mean"])).toBeAllclose([0.9 + 0.3, -0.9 + 0.2]);
    expect(numbers(results["new bn.running_var"])).toBeAllclose([3.6 + (0.1 * 14) / 3, 14.4 + (0.1 * 16) / 3]);
  });

  it("takes the momentum as the share of the new statistics", async () => {
    const results = await run("train", { momentum: 1 });
    expect(numbers(results["new bn.running_mean"])).toBeAllclose([3, 2]);
  });

  it("moves the running statistics once for each use of a shared layer", async () => {
    const results = await run("train", {}, 2);
    expect(numbers(results["new bn.running_mean"])).toBeAllclose([0.9 * 1.2 + 0.3, 0.9 * -0.7 + 0.2]);
  });

  it("normalizes by the running statistics in eval mode, and where they are frozen", async () => {
    const expected = [0, 1, 10.25, 10.25, 2, 5, 11.25, 11.25];
    const evaluated = await run("eval", { eps: 0 });
    expect(numbers(evaluated.y)).toBeAllclose(expected);
    const frozen = await run("train", { eps: 0 }, 1, true);
    expect(Object.keys(frozen)).toEqual(["y"]);
    expect(numbers(frozen.y)).toBeAllclose(expected);
  });

  it("has no weight and bias when it is not affine", async () => {
    const graph = new Graph();
    const network = new NetworkState(graph, "eval");
    batchNorm2d(new Scope(network), graph.input("x", "float32", x.shape), { affine: false });
    expect([...network.specs.keys()]).toEqual(["running_mean", "running_var"]);
  });

  it("refuses a batch with one value a channel", () => {
    const graph = new Graph();
    const image = graph.input("x", "float32", [1, 3, 1, 1]);
    const scope = new Scope(new NetworkState(graph, "train")).at("bn");
    expect(() => batchNorm2d(scope, image)).toThrow(/bn: a map of 1x3x1x1; expected more than one value/);
  });
});

describe("norms of one image", () => {
  async function normalize(layer: (scope: Scope, image: Value) => Value): Promise<Float32Array> {
    const graph = new Graph();
    const scope = new Scope(new NetworkState(graph, "train")).at("bn");
    graph.output("y", layer(scope, graph.input("x", "float32", x.shape)));
    return numbers((await evaluate(graph, { x, ...state })).y);
  }

  it("groupNorm takes mean and variance over a group of channels", async () => {
    // First image: 1, 2, 0, 0 with mean 0.75 and variance 0.6875. Second: 3, 6, 4, 4 with 4.25 and 1.1875.
    const [a, b] = [Math.sqrt(0.6875), Math.sqrt(1.1875)];
    const expected = [0.5 / a, 2.5 / a, 10 - 0.75 / a, 10 - 0.75 / a, -2.5 / b, 3.5 / b, 10 - 0.25 / b, 10 - 0.25 / b];
    expect(await normalize((scope, image) => groupNorm(scope, image, 1, { eps: 0 }))).toBeAllclose(expected);
  });

  it("instanceNorm2d takes them over one channel", async () => {
    const expected = [-1, 1, 0, 0, -1, 1, 0, 0];
    expect(await normalize((scope, image) => instanceNorm2d(scope, image, { eps: 1e-12 }))).toBeAllclose(expected);
  });

  it("layerNorm takes them over the last axis", async () => {
    const expected = [-2, 11, 0, 10, -2, 11, 0, 10];
    expect(await normalize((scope, image) => layerNorm(scope, image, { eps: 1e-12 }))).toBeAllclose(expected);
  });
});
