import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph, type Target } from "../graph/index.js";
import { int32, type Tensor } from "../runtime/tensor.js";
import { dropout, dropout2d, dropPath, randomField } from "./dropout.js";
import { NetworkState, Scope } from "./scope.js";

const shape = [4, 16, 32, 32];
const count = 4 * 16 * 32 * 32;

async function field(seed: number, path: string, target: Target = "cpu", size = shape): Promise<Float32Array> {
  const graph = new Graph();
  const scope = new Scope(new NetworkState(graph, "train"), path);
  graph.output("y", randomField(scope, size).field);
  return (await evaluate(graph, { seed: int32([seed], [1]) }, target)).y!.data as Float32Array;
}

/** Correlation coefficient of x with y. */
function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mean = (v: ArrayLike<number>): number => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Pairs of elements that are `step` apart in memory. */
const shifted = (x: Float32Array, step: number): [Float32Array, Float32Array] => [
  x.subarray(step),
  x.subarray(0, -step),
];

async function masked(layer: typeof dropout, rate: number, mode: "train" | "eval", size = shape): Promise<Tensor> {
  const graph = new Graph();
  const scope = new Scope(new NetworkState(graph, mode), "layer");
  const x = graph.input("x", "float32", size);
  graph.output("y", layer(scope, x, rate));
  const ones = new Float32Array(size.reduce((p, d) => p * d, 1)).fill(1);
  const feeds = { x: { dtype: "float32", shape: size, data: ones } as const };
  return (await evaluate(graph, { ...feeds, seed: int32([1], [1]) })).y!;
}

describe("randomField", () => {
  it("gives whole numbers in [0, 1811), each as often as the others", async () => {
    const x = await field(7, "a.b");
    const counts = new Float64Array(1811);
    for (const v of x) {
      expect(Number.isInteger(v) && v >= 0 && v < 1811).toBe(true);
      counts[v]!++;
    }
    const mean = count / 1811;
    const chiSquared = counts.reduce((sum, n) => sum + (n - mean) ** 2 / mean, 0);
    // 1810 degrees of freedom: mean 1810, deviation sqrt(2 * 1810) = 60.
    expect(Math.abs(chiSquared - 1810)).toBeLessThan(5 * 60);
  });

  it("has no correlation with its neighbours along any axis, nor with other seeds and layers", async () => {
    const x = await field(1, "a");
    const pairs = [
      ...[1, 2, 32, 33, 64, 32 * 32, 16 * 32 * 32].map((step) => shifted(x, step)),
      [x, await field(2, "a")],
      [x, await field(1 + 1811, "a")],
      [x, await field(1, "b")],
    ] as const;
    for (const [p, q] of pairs) expect(Math.abs(correlation(p, q))).toBeLessThan(5 / Math.sqrt(count));
    // Neither do the lowest tenths, which dropout looks at, meet more often than by chance.
    const low = (v: Float32Array): Float32Array => v.map((e) => (e < 181 ? 1 : 0));
    for (const [p, q] of pairs) expect(Math.abs(correlation(low(p), low(q)))).toBeLessThan(5 / Math.sqrt(count));
  });

  it("is a pure function of the seed, alike on every target", async () => {
    const x = await field(2 ** 31 - 1, "a", "cpu", [2, 3, 5, 7]);
    expect(await field(2 ** 31 - 1, "a", "cpu", [2, 3, 5, 7])).toEqual(x);
    expect(await field(2 ** 31 - 1, "a", "portable", [2, 3, 5, 7])).toEqual(x);
    expect(await field(2 ** 31 - 2, "a", "cpu", [2, 3, 5, 7])).not.toEqual(x);
  });
});

describe("dropout", () => {
  it("drops elements at the given rate and scales the others so that the mean stays", async () => {
    const { data } = await masked(dropout, 0.3, "train");
    const values = Array.from(data as Float32Array);
    const dropped = Math.round(0.3 * 1811);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1811 / (1811 - dropped))]));
    const share = values.filter((v) => v === 0).length / count;
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / count) + 0.5 / 1811);
  });

  it("dropout2d drops whole channels, each image by itself", async () => {
    const { data } = await masked(dropout2d, 0.5, "train");
    const channels = Array.from(
      { length: 64 },
      (_, i) => new Set((data as Float32Array).subarray(i * 1024, (i + 1) * 1024)),
    );
    expect(channels.every((values) => values.size === 1)).toBe(true);
    const dropped = channels.map((values) => values.has(0));
    const share = dropped.filter(Boolean).length / 64;
    expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 64));
    expect(dropped.slice(0, 16)).not.toEqual(dropped.slice(16, 32));
  });

  it("dropPath drops whole images", async () => {
    const { data } = await masked(dropPath, 0.5, "train", [256, 8]);
    const images = Array.from({ length: 256 }, (_, i) => new Set((data as Float32Array).subarray(i * 8, (i + 1) * 8)));
    expect(images.every((values) => values.size === 1)).toBe(true);
    const share = images.filter((values) => values.has(0)).length / 256;
    expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 256));
  });

  it("is the identity in eval mode and asks for no seed", async () => {
    const graph = new Graph();
    const state = new NetworkState(graph, "eval");
    const x = graph.input("x", "float32", shape);
    expect(dropout(new Scope(state), x, 0.5)).toBe(x);
    expect(state.usesSeed).toBe(false);
  });

  it("refuses a rate of 1", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", shape);
    expect(() => dropout(new Scope(new NetworkState(graph, "train")), x, 1)).toThrow("a dropout rate in [0, 1)");
  });
});
