/** @file MobileNets and EfficientNets: their parameters, where they stride, pad and dilate, and which outputs are maps. */
import { describe, expect, it } from "vitest";
import { Graph } from "../graph/index.js";
import { type Mode, NetworkState, Scope } from "../nn/scope.js";
import { elementCount } from "../runtime/tensor.js";
import type { EncoderOptions } from "./encoder.js";
import { findEncoder } from "./registry.js";

function build(name: string, options: EncoderOptions = {}, mode: Mode = "eval") {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", [2, 3, 96, 128]);
  return { graph, state, features: findEncoder(name).build(new Scope(state), image, options) };
}

/** Attributes of the depthwise convolutions whose path matches, in order of execution. */
const depthwise = (name: string, options: EncoderOptions, path = /./) =>
  build(name, options)
    .graph.nodes.filter(({ op, scope, inputs }) => op === "Conv" && path.test(scope) && inputs[1]!.shape[1] === 1)
    .map(({ attributes }) => attributes as { strides: number[]; dilations: number[]; pads: number[] });

/** With 1000 classes: torchvision's `num_params`; efficientnet_pytorch's are as many as torchvision's. */
const parameterCounts = {
  mobilenet_v2: 3_504_872,
  mobilenet_v3_small: 2_542_856,
  mobilenet_v3_large: 5_483_032,
  efficientnet_b0: 5_288_548,
  efficientnet_b1: 7_794_184,
  efficientnet_b2: 9_109_994,
  efficientnet_b3: 12_233_232,
  efficientnet_b4: 19_341_616,
  efficientnet_b5: 30_389_784,
  efficientnet_b6: 43_040_704,
  efficientnet_b7: 66_347_960,
  "efficientnet-b0": 5_288_548,
  "efficientnet-b1": 7_794_184,
  "efficientnet-b2": 9_109_994,
  "efficientnet-b3": 12_233_232,
  "efficientnet-b4": 19_341_616,
};

it.each(Object.entries(parameterCounts))("the classifier of %s has %i parameters", (name, count) => {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [2, 3, 64, 64]);
  expect(findEncoder(name).classify(new Scope(state), image, 1000).shape).toEqual([2, 1000]);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
});

describe("dilation in place of strides", () => {
  const walks = (name: string, options: EncoderOptions): string[] =>
    depthwise(name, options).map(({ strides, dilations }) => `${strides[0]}/${dilations[0]}`);
  const times = (count: number, walk: string): string[] => Array.from({ length: count }, () => walk);

  it("mobilenet_v2 dilates whole stages, as segmentation_models.pytorch does", () => {
    const start = ["1/1", "2/1", "1/1", "2/1", "1/1", "1/1"];
    expect(walks("mobilenet_v2", {})).toEqual([...start, "2/1", ...times(6, "1/1"), "2/1", ...times(3, "1/1")]);
    expect(walks("mobilenet_v2", { outputStride: 16 })).toEqual([
      ...start,
      "2/1",
      ...times(6, "1/1"),
      ...times(4, "1/2"),
    ]);
    expect(walks("mobilenet_v2", { outputStride: 8 })).toEqual([...start, ...times(7, "1/2"), ...times(4, "1/4")]);
  });

  it("a stage's first block can keep the dilation before it, and the last stage's can have factors", () => {
    const last = (options: EncoderOptions) => walks("mobilenet_v2", { outputStride: 8, ...options }).slice(6);
    expect(last({ firstDilation: "previous" })).toEqual(["1/1", ...times(6, "1/2"), "1/2", ...times(3, "1/4")]);
    expect(last({ multiGrid: [1, 2] })).toEqual([...times(7, "1/2"), "1/4", "1/8", "1/4", "1/8"]);
  });

  it("mobilenet_v3_large at stride 16 dilates its last three blocks, as torchvision's dilated form", () => {
    expect(walks("mobilenet_v3_large", { outputStride: 16 }).slice(-3)).toEqual(times(3, "1/2"));
    expect(walks("mobilenet_v3_large", { outputStride: 16 }).slice(0, -3)).not.toContain("1/2");
  });

  it("efficientnet-b0 dilates from block 9 on, behind its early fourth map; the others from the stage that strides", () => {
    expect(walks("efficientnet-b0", { outputStride: 16 }).indexOf("1/2")).toBe(9);
    expect(walks("efficientnet_b0", { outputStride: 16 }).indexOf("1/2")).toBe(11);
    expect(walks("efficientnet-b1", { outputStride: 16 }).indexOf("1/2")).toBe(16);
  });
});

describe("padding of strided convolutions", () => {
  const strided = (name: string, options: EncoderOptions = {}): number[][] =>
    depthwise(name, options)
      .filter(({ strides }) => strides[0] === 2)
      .map(({ pads }) => pads);

  it("efficientnet-b1 pads for images of 240 pixels: maps of 120, 60, 30 and 15", () => {
    // By (ceil(size / 2) - 1) * 2 + kernel - size: 1 for 3x3 and 3 for 5x5 on even sizes, 4 for 5x5 on 15; the smaller half first.
    expect(strided("efficientnet-b1")).toEqual([
      [0, 0, 1, 1],
      [1, 1, 2, 2],
      [0, 0, 1, 1],
      [2, 2, 2, 2],
    ]);
  });

  it("efficientnet_b1 pads alike on all sides", () => {
    expect(strided("efficientnet_b1")).toEqual([1, 2, 1, 2].map((pad) => [pad, pad, pad, pad]));
  });

  it("a block that dilates pads alike on all sides", () => {
    const dilated = depthwise("efficientnet-b1", { outputStride: 16 }).filter(({ dilations }) => dilations[0] === 2);
    // A 5x5 kernel reaches 2 * 2, a 3x3 kernel 2.
    expect(dilated.map(({ pads }) => pads)).toEqual([4, 4, 4, 4, 4, 2, 2].map((pad) => [pad, pad, pad, pad]));
  });
});

describe("maps and names", () => {
  it("maps can be taken behind the blocks that stride", () => {
    const channels = build("mobilenet_v3_large", { mapsBehind: "stride" }).features.map(({ shape }) => shape[1]);
    expect(channels).toEqual([3, 16, 24, 40, 80, 960]);
  });

  it("names can leave out the sequence of the layers", () => {
    const names = (name: string, bare: boolean) => [...build(name, { bare }).state.specs.keys()];
    for (const name of ["mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0"])
      expect(names(name, true)).toEqual(names(name, false).map((full) => full.replace(/^features\./, "")));
  });
});

it("efficientnet skips residual branches while training when told to", () => {
  const random = (dropPath: number, mode: Mode) => build("efficientnet_b0", { dropPath }, mode).state.usesSeed;
  expect(random(0.2, "train")).toBe(true);
  expect(random(0, "train")).toBe(false);
  expect(random(0.2, "eval")).toBe(false);
});
