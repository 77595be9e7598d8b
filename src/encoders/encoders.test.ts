import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shared } from "../../test/evaluate.js";
import { Graph, symbol, type Value } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { elementCount } from "../runtime/tensor.js";
import type { Encoder, EncoderOptions } from "./encoder.js";
import { encoders, findEncoder } from "./registry.js";

function build(name: string, size: readonly [number, number], options: EncoderOptions = {}, channels = 3) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, channels, ...size]);
  return { state, graph, features: findEncoder(name).build(new Scope(state), image, options) };
}

/** What the sides of a map at a stride are: exactly the image's over it, or a little less where layers do not pad. */
function expectSides({ unpadded }: Encoder, map: Value, sides: readonly number[], stride: number): void {
  for (const [i, side] of sides.entries()) {
    const found = map.shape[i + 2] as number;
    expect(found).toBeLessThanOrEqual(side / stride);
    expect(found).toBeGreaterThanOrEqual(unpadded ? 1 : side / stride);
  }
}

describe.each(encoders.map((encoder) => encoder.name))("encoder %s", (name) => {
  const encoder = findEncoder(name);
  const { smallestSide = 1, outputStrides = [8, 16, 32] } = encoder;
  const sides = [96, 128] as const;

  it("gives features at strides 1 to 32 with the channels it declares", () => {
    const { features } = build(name, sides, {}, 4);
    expect(features.map(({ shape }) => shape[1])).toEqual([4, ...encoder.channels]);
    for (const [i, map] of features.entries()) expectSides(encoder, map, sides, 2 ** i);
  });

  it("stops at the depth asked for", () => {
    const { features, state } = build(name, sides, { depth: 3 });
    expect(features.length).toBe(4);
    expect(state.specs.size).toBeLessThan(build(name, sides).state.specs.size);
  });

  it.each(outputStrides)("keeps stride %i with the same parameters", (outputStride) => {
    const { features, state } = build(name, sides, { outputStride });
    const last = features.at(-1)!;
    expectSides(encoder, last, sides, outputStride);
    const halvings = Math.log2(outputStride);
    expect(last.shape.slice(2)).toEqual(features[halvings]!.shape.slice(2));
    expect([...state.specs.keys()]).toEqual([...build(name, sides).state.specs.keys()]);
  });

  it("works with symbolic sizes", () => {
    const graph = new Graph();
    const image = graph.input("image", "float32", [symbol("batch"), 3, symbol("height"), symbol("width")]);
    const features = encoder.build(new Scope(new NetworkState(graph, "eval")), image);
    expect(features.length).toBe(6);
  });

  it("takes images from the smallest it declares, and refuses smaller ones", () => {
    const last = build(name, [smallestSide, smallestSide]).features.at(-1)!;
    expect(last.shape.slice(2)).toEqual([1, 1]);
    if (smallestSide > 1)
      expect(() => build(name, [smallestSide, smallestSide - 1])).toThrow(
        `${smallestSide}x${smallestSide - 1}; expected an image of at least ${smallestSide}x${smallestSide}`,
      );
  });
});

/** With 1000 classes and without auxiliary classifiers, as torchvision publishes them. */
const parameterCounts = {
  vgg11: 132_863_336,
  vgg11_bn: 132_868_840,
  vgg13: 133_047_848,
  vgg13_bn: 133_053_736,
  vgg16: 138_357_544,
  vgg16_bn: 138_365_992,
  vgg19: 143_667_240,
  vgg19_bn: 143_678_248,
  alexnet: 61_100_840,
  googlenet: 6_624_904,
  inception_v3: 23_834_568,
};

it.each(Object.entries(parameterCounts))("the classifier of %s has %i parameters", (name, count) => {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const logits = findEncoder(name).classify(new Scope(state), graph.input("image", "float32", [2, 3, 96, 96]), 1000);
  expect(logits.shape).toEqual([2, 1000]);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
});

describe("ResNet", () => {
  const fixtures = ["resnet18", "resnet50", "resnet101"].map((name) => ({
    name,
    ...shared(`parity/torchvision/${name}.json`),
  }));

  it.skipIf(!fixtures[0]!.present).each(fixtures)(
    "$name has torchvision's names and shapes, without fc",
    ({ name, path }) => {
      const { params } = JSON.parse(readFileSync(path, "utf8")) as { params: { name: string; shape: number[] }[] };
      const expected = params.filter((p) => !p.name.startsWith("fc.")).map((p) => [p.name, p.shape]);
      const found = Array.from(build(name, [64, 64]).state.specs.values(), (spec) => [spec.name, spec.shape]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    },
  );

  it("dilates a stage's first block like its others, or like the stage before", () => {
    const dilations = (options: EncoderOptions): number[][] =>
      build("resnet18", [64, 64], options)
        .graph.nodes.filter(({ op, scope }) => op === "Conv" && /layer[34]\.\d\.conv/.test(scope))
        .map(({ attributes }) => [(attributes.dilations as number[])[0]!, (attributes.strides as number[])[0]!]);
    const pairs = (...values: number[]): number[][] => values.map((d) => [d, 1]);
    expect(dilations({ outputStride: 8 })).toEqual(pairs(2, 2, 2, 2, 4, 4, 4, 4));
    expect(dilations({ outputStride: 8, firstDilation: "previous" })).toEqual(pairs(1, 1, 2, 2, 2, 2, 4, 4));
  });
});

it("an unknown encoder is refused with the nearest names", () => {
  expect(() => findEncoder("resnet43")).toThrow(/no encoder is named resnet43.*Did you mean resnet34/);
});
