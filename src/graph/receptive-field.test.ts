import { describe, expect, it } from "vitest";
import { findEncoder } from "../encoders/registry.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { Graph, pixelsOf, type ReceptiveField, receptiveFields, symbol, type Value } from "./index.js";
import * as op from "./ops/index.js";

/** Field of `build(image)` for a one-channel image of any size. */
function fieldOf(build: (image: Value) => Value): ReceptiveField {
  const graph = new Graph();
  const image = graph.input("image", "float32", [symbol("batch"), 1, symbol("height"), symbol("width")]);
  const y = build(image);
  return receptiveFields(image).get(y)!;
}

const kernel = (image: Value, h: number, w = h): Value =>
  image.graph.parameter(`w${image.graph.nodes.length}`, [1, 1, h, w]);
const sizes = (field: ReceptiveField): number[] => field.axes.map(pixelsOf);

describe("receptive fields by hand", () => {
  it("three 3x3 convolutions dilated by 1, 2, 4 see 15 pixels", () => {
    const field = fieldOf((image) =>
      [1, 2, 4].reduce((x, d) => op.Conv(x, kernel(image, 3), null, { dilations: [d, d], pads: [d, d, d, d] }), image),
    );
    expect(sizes(field)).toEqual([15, 15]);
    expect(field.axes[0]).toEqual({ stride: 1, low: -7, high: 7 });
  });

  it("a stride multiplies what later windows see; axes are apart", () => {
    const field = fieldOf((image) => {
      const half = op.MaxPool(image, [2, 2]);
      return op.Conv(half, kernel(image, 5, 1), null, { pads: [2, 0, 2, 0] });
    });
    expect(sizes(field)).toEqual([10, 2]);
    expect(field.axes.map(({ stride }) => stride)).toEqual([2, 2]);
  });

  it("joined branches see their union", () => {
    const field = fieldOf((image) =>
      op.Add(
        op.Conv(image, kernel(image, 7), null, { pads: [3, 3, 3, 3] }),
        op.Conv(image, kernel(image, 1), null, {}),
      ),
    );
    expect(sizes(field)).toEqual([7, 7]);
  });

  it("pooling undone by a transposed convolution of the same kernel sees one window", () => {
    const field = fieldOf((image) =>
      op.ConvTranspose(op.MaxPool(image, [2, 2]), kernel(image, 2), null, { strides: [2, 2] }),
    );
    expect(sizes(field)).toEqual([2, 2]);
    expect(field.axes[0].stride).toBe(1);
  });

  it("average pooling, whose windows are slices, is seen through", () => {
    expect(sizes(fieldOf((image) => op.AveragePool(image, [3, 3], { strides: [2, 2] })))).toEqual([3, 3]);
  });

  it("global pooling is marked", () => {
    const field = fieldOf((image) => op.Mul(image, op.GlobalAveragePool(image)));
    expect(field.global).toBe(true);
    expect(sizes(field)).toEqual([1, 1]);
  });
});

describe("receptive fields of backbones", () => {
  const ofEncoder = (name: string): number => {
    const graph = new Graph();
    const image = graph.input("image", "float32", [symbol("batch"), 3, symbol("height"), symbol("width")]);
    const last = findEncoder(name)
      .build(new Scope(new NetworkState(graph, "eval")), image)
      .at(-1)!;
    return pixelsOf(receptiveFields(image).get(last)!.axes[0]);
  };

  it.each([
    ["alexnet", 195],
    ["vgg16", 212],
    ["inception_v3", 1311],
  ])("%s sees %i pixels, as published by Araujo et al. 2019", (name, expected) => {
    expect(ofEncoder(name)).toBe(expected);
  });

  it("ResNet-50 with the stride on the 3x3 convolution sees 427", () => {
    // 7x7/2 and 3x3/2: 11 pixels at stride 4. A 3x3 adds twice the stride in front of it; the first of a stage still has the old one.
    const stages = [
      [3, 4, 4],
      [4, 4, 8],
      [6, 8, 16],
      [3, 16, 32],
    ] as const;
    const sum = stages.reduce((pixels, [blocks, before, after]) => pixels + 2 * before + 2 * after * (blocks - 1), 11);
    expect(sum).toBe(427);
    expect(ofEncoder("resnet50")).toBe(sum);
  });
});
