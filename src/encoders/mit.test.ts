import { describe, expect, it } from "vitest";
import { Graph } from "../graph/index.js";
import { type Mode, NetworkState, Scope } from "../nn/scope.js";
import { elementCount } from "../runtime/tensor.js";
import type { EncoderOptions } from "./encoder.js";
import { findEncoder } from "./registry.js";

function build(name: string, options: EncoderOptions = {}, side = 64, mode: Mode = "eval") {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", [2, 3, side, side]);
  return { graph, state, features: findEncoder(name).build(new Scope(state), image, options) };
}

// Counted on the modules of segmentation_models.pytorch.
it.each([
  ["mit_b0", 3_319_392],
  ["mit_b1", 13_151_424],
  ["mit_b2", 24_196_288],
  ["mit_b3", 44_072_128],
  ["mit_b4", 60_842_688],
  ["mit_b5", 81_443_008],
])("%s has %i parameters", (name, count) => {
  const { specs } = build(name).state;
  expect(Array.from(specs.values()).reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
});

it("classifies by the mean over the last map", () => {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [2, 3, 64, 64]);
  expect(findEncoder("mit_b0").classify(new Scope(state), image, 10).shape).toEqual([2, 10]);
  expect(state.specs.get("head.weight")!.shape).toEqual([10, 256]);
});

it("has a map without channels at stride 2, of which the size is right", () => {
  expect(build("mit_b0").features[1]!.shape).toEqual([2, 0, 32, 32]);
});

it("norms of blocks and stages have epsilon 1e-6, those behind convolutions 1e-5", () => {
  const { graph } = build("mit_b0");
  const norms = graph.nodes.filter(({ op }) => op === "LayerNormalization");
  const of = (epsilon: number): string[] =>
    norms.filter(({ attributes }) => attributes.epsilon === epsilon).map(({ scope }) => scope);
  expect(of(1e-5).every((scope) => /^patch_embed\d\.norm$|\.attn\.norm$/.test(scope))).toBe(true);
  expect(of(1e-6).every((scope) => /^norm\d$|^block\d\.\d\.norm[12]$/.test(scope))).toBe(true);
  // 4 embeddings and 6 reduced attentions; 8 blocks with 2 each, and 4 stages.
  expect([of(1e-5).length, of(1e-6).length]).toEqual([4 + 6, 16 + 4]);
});

describe("skipping of branches", () => {
  it("is off unless asked for, and off in eval mode", () => {
    expect(build("mit_b0", {}, 64, "train").state.usesSeed).toBe(false);
    expect(build("mit_b0", { dropPath: 0.1 }).state.usesSeed).toBe(false);
  });

  it("grows linearly from 0 at the first of all blocks, with two branches each", () => {
    const { graph } = build("mit_b0", { dropPath: 0.14 }, 64, "train");
    const limits = graph.nodes.flatMap(({ op, inputs: [, limit] }) =>
      op === "GreaterOrEqual" && limit?.source.kind === "constant" ? [Number(limit.source.data[0])] : [],
    );
    // Of 1811 random numbers, in the eight blocks of mit_b0.
    const expected = [1, 2, 3, 4, 5, 6, 7].map((i) => Math.round(0.02 * i * 1811));
    expect(limits).toEqual(expected.flatMap((limit) => [limit, limit]));
  });
});

it("other output strides, factors on dilations and images of less than 29 pixels are refused", () => {
  expect(() => build("mit_b0", { outputStride: 16 })).toThrow("16; expected output stride 32");
  expect(() => build("mit_b0", { multiGrid: [1, 2] })).toThrow("expected no multiGrid");
  expect(() => build("mit_b0", {}, 28)).toThrow("28x28; expected an image of at least 29x29");
});
