/** @file Encoders whose strides stand on poolings or unpadded convolutions: what their maps measure and how they dilate. */
import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { kaimingUniform } from "../nn/initializers.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import type { EncoderOptions } from "./encoder.js";
import { findEncoder } from "./registry.js";

function build(name: string, side: number, options: EncoderOptions = {}) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, 3, side, side]);
  return { graph, state, features: findEncoder(name).build(new Scope(state), image, options) };
}

/** Kernel, stride and dilation of the convolutions and poolings whose path matches, in order of execution. */
function windows(name: string, options: EncoderOptions, path: RegExp): number[][] {
  const first = (value: unknown): number => (value as number[])[0]!;
  return build(name, 96, options)
    .graph.nodes.filter(({ op, scope }) => /^(Conv|MaxPool)$/.test(op) && path.test(scope))
    .map(({ op, inputs, attributes }) => [
      op === "Conv" ? (inputs[1]!.shape[2] as number) : first(attributes.kernel),
      first(attributes.strides),
      first(attributes.dilations),
    ]);
}

const times = (count: number, window: number[]): number[][] => Array.from({ length: count }, () => window);

describe("maps of networks without padding", () => {
  // Traced by torchvision's own modules; AlexNet's first is the size of its empty map.
  it.each([
    ["alexnet", 224, [112, 55, 27, 13, 6]],
    ["alexnet", 63, [31, 15, 7, 3, 1]],
    ["inception_v3", 299, [147, 71, 35, 17, 8]],
    ["inception_v3", 131, [63, 29, 14, 6, 2]],
    ["googlenet", 131, [66, 33, 16, 8, 4]],
    ["googlenet", 50, [25, 12, 6, 3, 2]],
  ])("%s makes of %i pixels those of torchvision", (name, side, sides) => {
    expect(build(name, side).features.map(({ shape }) => shape[2])).toEqual([side, ...sides]);
  });

  it.each([
    ["alexnet", 4, 31],
    ["inception_v3", 1, 7],
    ["inception_v3", 2, 19],
    ["inception_v3", 3, 27],
    ["inception_v3", 4, 43],
    ["googlenet", 2, 3],
    ["googlenet", 3, 7],
    ["googlenet", 4, 15],
  ])("%s of depth %i leaves one pixel of %i, and none of less", (name, depth, side) => {
    expect(build(name, side, { depth }).features[depth]!.shape.slice(2)).toEqual([1, 1]);
    expect(() => build(name, side - 1, { depth })).toThrow(`at least ${side}x${side}`);
  });
});

describe("stages that dilate instead of striding", () => {
  it("VGG-16 at output stride 8 has DeepLab v1's last two poolings and convolutions", () => {
    // conv4, pool4 3x3/1, conv5 dilated by 2, pool5 3x3/1.
    const expected = [...times(3, [3, 1, 1]), [3, 1, 1], ...times(3, [3, 1, 2]), [3, 1, 1]];
    expect(windows("vgg16", { outputStride: 8 }, /features\.(1[7-9]|2\d|30)$/)).toEqual(expected);
  });

  it("AlexNet at output stride 8 keeps its last two poolings' windows and dilates conv3 to conv5", () => {
    const expected = [[5, 1, 1], [3, 1, 1], ...times(3, [3, 1, 2]), [3, 1, 1]];
    expect(windows("alexnet", { outputStride: 8 }, /features\.([3-9]|1\d)$/)).toEqual(expected);
  });

  it("GoogLeNet at output stride 16 dilates only the last stage, by the factors of a multi-grid", () => {
    const block = (dilation: number): number[][] => [
      [3, 1, dilation],
      [1, 1, 1],
      [1, 1, 1],
      [3, 1, dilation],
      [1, 1, 1],
      [3, 1, dilation],
      [1, 1, 1],
    ];
    const given = { outputStride: 16, multiGrid: [1, 2] } as const;
    const found = windows("googlenet", given, /maxpool4|inception(4e|5)/);
    expect(found).toEqual([...block(1), [3, 1, 1], ...block(2), ...block(4)]);
  });

  it("Inception v3 at output stride 8 has the map of stride 32 at every fourth place, where no block dilates before its time", async () => {
    const side = 107;
    const random = new Random(1, "image");
    const image = float32(
      Float32Array.from({ length: 3 * side * side }, () => random.between(-1, 1)),
      [1, 3, side, side],
    );
    const { specs } = build("inception_v3", side).state;
    const weights = Array.from(specs.values(), ({ name, shape, initializer }) => {
      // Weights of the usual size keep the numbers near 1; the family's own start is for batch statistics.
      const start = shape.length === 4 ? kaimingUniform : initializer;
      return [name, float32(start(shape, new Random(1, name)), shape)] as const;
    });
    const last = async (options: EncoderOptions): Promise<Tensor> => {
      const { graph, features } = build("inception_v3", side, options);
      graph.output("map", features.at(-1)!);
      return (await evaluate(graph, { ...Object.fromEntries(weights), image })).map!;
    };
    const coarse = await last({});
    const dense = await last({ outputStride: 8, firstDilation: "previous" });
    const [, channels, size] = coarse.shape as [number, number, number, number];
    const wide = dense.shape[2]!;
    expect([size, wide]).toEqual([2, 11]);
    // An unpadded 3x3 window of stride 2 stands around places 1, 3, 5, ...; two of them around 3, 7, ...
    const sampled = Float32Array.from({ length: channels * size * size }, (_, i) => {
      const [c, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
      return dense.data[(c * wide + 3 + 4 * y) * wide + 3 + 4 * x] as number;
    });
    const largest = (coarse.data as Float32Array).reduce((m, v) => Math.max(m, v), 0);
    expect(largest).toBeGreaterThan(0.01);
    expect(sampled).toBeAllclose(coarse.data as Float32Array, { rtol: 0, atol: 1e-5 * largest });
  });

  it.each(["alexnet", "vgg11"])("%s refuses a multi-grid, for want of blocks", (name) => {
    expect(() => build(name, 96, { outputStride: 8, multiGrid: [1, 2, 4] })).toThrow("multiGrid [1,2,4]");
  });
});

it("AlexNet refuses a depth of 1, at which it has no map", () => {
  expect(() => build("alexnet", 96, { depth: 1 })).toThrow("a depth of 2 to 5");
});
