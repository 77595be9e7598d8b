/** @file Checkpoints fitted to networks: whole ones, encoders, other heads, other channels; and those of other networks. */
import { describe, expect, it } from "vitest";
import { findEncoder } from "../encoders/registry.js";
import { CheckpointError } from "../errors/index.js";
import { Graph } from "../graph/index.js";
import { chooseNetwork } from "../models/registry.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { adaptStem } from "./adapt.js";
import { fitText, fitWeights, type TargetNetwork } from "./load-into.js";
import type { NamedTensor, TensorSpec } from "./tensor.js";

type Build = (scope: Scope, graph: Graph) => unknown;

/** Tensors that a network asks for. */
function specsOf(build: Build): Map<string, TensorSpec> {
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  build(new Scope(state), graph);
  return new Map(Array.from(state.specs, ([name, { shape }]) => [name, { dtype: "float32", shape }]));
}

const image = (graph: Graph, channels: number) => graph.input("image", "float32", [2, channels, 64, 64]);

const classifier = (name: string) =>
  specsOf((scope, graph) => findEncoder(name).classify(scope, image(graph, 3), 1000));

function unet(encoder: string, { numClasses = 5, channels = 3, depth = 5 } = {}): TargetNetwork {
  const decoderChannels = [16, 8, 8, 4, 4].slice(0, depth);
  const { architecture, options } = chooseNetwork("unet-encoder", { encoder, depth, decoderChannels });
  const tensors = specsOf((scope, graph) => architecture.build(scope, image(graph, channels), numClasses, options));
  return { tensors, numClasses, classifier: new Set(classifier(encoder).keys()) };
}

/** A checkpoint of these names and shapes; the first number of each tensor tells which it is. */
const checkpoint = (
  specs: ReadonlyMap<string, TensorSpec>,
  rename = (name: string) => name,
): Map<string, NamedTensor> =>
  new Map(
    Array.from(specs, ([name, { shape }], i) => {
      const data = new Float32Array(shape.reduce((p, d) => p * d, 1));
      data[0] = i + 1;
      return [rename(name), { dtype: "float32", shape, data }];
    }),
  );

const what = "w.pth";

describe("a checkpoint of the same network", () => {
  const network = unet("resnet18");

  it.each([
    ["as it is", (name: string) => name],
    ["saved from several devices", (name: string) => `module.${name}`],
    ["compiled, in a framework", (name: string) => `state_dict.model._orig_mod.${name}`],
    ["under a name of its own", (name: string) => `student.${name}`],
  ])("is loaded whole %s", (_, rename) => {
    const found = checkpoint(network.tensors, rename);
    found.set(rename("encoder.bn1.num_batches_tracked"), { dtype: "float32", shape: [], data: Float32Array.of(3) });
    const { tensors, report } = fitWeights(found, network, { what });
    expect([...tensors.keys()]).toEqual([...network.tensors.keys()]);
    expect(tensors.get("encoder.layer2.1.conv2.weight")).toBe(found.get(rename("encoder.layer2.1.conv2.weight")));
    expect([report.left, report.ignored, report.adapted]).toEqual([[], [], []]);
  });

  it("keeps names that begin like a wrapper where the network's own do", () => {
    const tensors = new Map([
      ["model.conv.weight", { dtype: "float32", shape: [4, 3, 3, 3] }],
      ["conv.weight", { dtype: "float32", shape: [4, 4, 3, 3] }],
    ] as const);
    const fitted = fitWeights(checkpoint(tensors), { tensors, numClasses: 2 }, { what });
    expect([...fitted.tensors.keys()]).toEqual(["model.conv.weight", "conv.weight"]);
  });

  it("with other classes leaves its head at the start", () => {
    const found = checkpoint(unet("resnet18", { numClasses: 21 }).tensors);
    const { tensors, report } = fitWeights(found, network, { what });
    expect(report.left).toEqual(["segmentation_head.0.weight", "segmentation_head.0.bias"]);
    expect(tensors.size).toBe(network.tensors.size - 2);
    expect(fitText(report)).toBe(
      `${tensors.size} of ${tensors.size + 2} tensors loaded; left at their random start: 2 (segmentation_head.0.weight, segmentation_head.0.bias)`,
    );
  });

  it("with the head of three classes on images of four channels takes no head for a first convolution", () => {
    const shapes = (channels: number, classes: number): Map<string, TensorSpec> =>
      new Map([
        ["stem.weight", { dtype: "float32", shape: [8, channels, 3, 3] }],
        ["head.weight", { dtype: "float32", shape: [8, classes, 2, 2] }],
      ]);
    const network = { tensors: shapes(4, 4), numClasses: 4 };
    const { report } = fitWeights(checkpoint(shapes(3, 21)), network, { what });
    expect(report.adapted.map(({ name }) => name)).toEqual(["stem.weight"]);
    expect(report.left).toEqual(["head.weight"]);
  });
});

describe("the first convolution for other channels", () => {
  const kernel: NamedTensor = { dtype: "float32", shape: [1, 3, 1, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };

  it("takes the sum for one channel", () => {
    expect(adaptStem(kernel, 1)).toEqual({ dtype: "float32", shape: [1, 1, 1, 2], data: Float32Array.of(9, 12) });
  });

  it("takes the channels in turn, scaled, for others", () => {
    expect(adaptStem(kernel, 2).data).toEqual(Float32Array.of(1.5, 3, 4.5, 6));
    expect(adaptStem(kernel, 4).data).toEqual(Float32Array.of(0.75, 1.5, 2.25, 3, 3.75, 4.5, 0.75, 1.5));
  });

  it.each([1, 2, 4, 13])("is adapted to %i", (channels) => {
    const network = unet("resnet18", { channels });
    const { tensors, report } = fitWeights(checkpoint(unet("resnet18").tensors), network, { what });
    expect(report.adapted).toEqual([{ name: "encoder.conv1.weight", how: `from 3 to ${channels} channels` }]);
    expect(tensors.get("encoder.conv1.weight")!.shape).toEqual([64, channels, 7, 7]);
    expect(report.left).toEqual([]);
  });
});

describe("a classifier as the encoder", () => {
  it.each(["resnet18", "resnet50"])("%s finds its place, and its own head has none", (name) => {
    const network = unet(name);
    const { tensors, report } = fitWeights(checkpoint(classifier(name)), network, { what });
    expect(report.reading).toBe("as encoder");
    expect(report.ignored).toEqual(["fc.weight", "fc.bias"]);
    const encoder = [...network.tensors.keys()].filter((tensor) => tensor.startsWith("encoder."));
    expect([...tensors.keys()]).toEqual(encoder);
    expect(report.left.every((tensor) => !tensor.startsWith("encoder."))).toBe(true);
  });

  it("may have stages that the network leaves out", () => {
    const { report } = fitWeights(checkpoint(classifier("resnet18")), unet("resnet18", { depth: 3 }), { what });
    expect(report.ignored.filter((name) => !/^(layer3|layer4|fc)\./.test(name))).toEqual([]);
    expect(report.loaded.length).toBeGreaterThan(20);
  });

  it("is found under another prefix", () => {
    const found = checkpoint(classifier("resnet18"), (name) => `backbone.${name}`);
    expect(fitWeights(found, unet("resnet18"), { what }).report.reading).toBe("its backbone as encoder");
  });

  it.each([
    ["fcn8s", ["score_fr.weight", "upscore2.weight"]],
    ["fcn8s-meetps", ["classifier.6.weight"]],
    ["fcn8s-zijundeng", ["score_fr.6.weight"]],
    ["fcn32s-zijundeng", ["score_fr.6.weight"]],
  ])("VGG-16 becomes the convolutions of %s, its fully connected layers among them", (name, left) => {
    const width = { width: 4, fcChannels: 8 };
    const { architecture, options } = chooseNetwork(name, width);
    const tensors = specsOf((scope, graph) => architecture.build(scope, image(graph, 3), 5, options));
    // torchvision's VGG-16, as thin as the network.
    const thin = (n: number, classes: number): number => (n === 1000 ? classes : n === 4096 ? 8 : n / 16);
    const found = checkpoint(
      new Map(
        Array.from(classifier("vgg16"), ([tensor, { dtype, shape }]): [string, TensorSpec] => [
          tensor,
          { dtype, shape: shape.map((n, axis) => (axis > 1 || n === 3 ? n : n === 25088 ? 32 * 49 : thin(n, 1000))) },
        ]),
      ),
    );
    const { report, tensors: fitted } = fitWeights(found, { tensors, numClasses: 5 }, { what });
    expect(report.loaded).toHaveLength(30);
    expect(report.adapted).toHaveLength(2);
    expect(report.left).toEqual(expect.arrayContaining(left));
    expect(report.left.filter((one) => /features|conv|fc/.test(one))).toEqual([]);
    const fc6 = report.adapted[0]!.name;
    expect(fitted.get(fc6)!.shape).toEqual([8, 32, 7, 7]);
    expect(fitted.get(fc6)!.data).toBe(found.get("classifier.0.weight")!.data);
  });
});

describe("weights of another network", () => {
  const fitting = (found: Map<string, NamedTensor>, network: TargetNetwork) => () =>
    fitWeights(found, network, { what });

  it.each([
    ["a larger classifier", "resnet34", "resnet18", /too many \(encoder\.layer1\.2\.conv1\.weight/],
    ["a smaller classifier", "resnet18", "resnet34", /missing \(encoder\.layer1\.2\.conv1\.weight/],
    [
      "one of other blocks",
      "resnet50",
      "resnet18",
      /of another shape \(encoder\.layer1\.0\.conv1\.weight is float32\[64, 64, 1, 1\]/,
    ],
  ])("are refused: %s", (_, theirs, ours, message) => {
    expect(fitting(checkpoint(classifier(theirs)), unet(ours))).toThrow(CheckpointError);
    expect(fitting(checkpoint(classifier(theirs)), unet(ours))).toThrow(message);
    expect(fitting(checkpoint(unet(theirs).tensors), unet(ours))).toThrow(CheckpointError);
  });

  it("are refused with the names of both when nothing fits", () => {
    const found = checkpoint(new Map([["blocks.0.attn.qkv.weight", { dtype: "float32", shape: [9, 3] } as const]]));
    expect(fitting(found, unet("resnet18"))).toThrow(
      "w.pth holds no tensor of this network, but blocks.0.attn.qkv.weight, ...; expected tensors such as encoder.conv1.weight",
    );
  });

  it("are taken as far as they fit when that is asked for", () => {
    const found = checkpoint(unet("resnet34").tensors);
    const { report } = fitWeights(found, unet("resnet18"), { what, partial: true });
    expect(report.left).toEqual([]);
    expect(report.ignored[0]).toBe("encoder.layer1.2.conv1.weight");
  });

  it("with tensors that are too many are those of an ONNX model, which has constants too", () => {
    const network = unet("resnet18");
    const found = checkpoint(network.tensors).set("sizes", { dtype: "float32", shape: [4], data: new Float32Array(4) });
    expect(fitting(found, network)).toThrow(/1 too many \(sizes\)/);
    expect(fitWeights(found, network, { what, constants: true }).report.ignored).toEqual(["sizes"]);
  });
});
