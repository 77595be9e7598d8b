import { describe, expect, it } from "vitest";
import { Graph, shapeText } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, image: readonly number[], numClasses = 2) {
  const choice = chooseNetwork("deconvnet", options);
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { graph, logits, count: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

const tiny = { width: 2, fcChannels: 4 };

it("has the published 251,772,245 parameters for 21 classes without BatchNorm, and 29 BatchNorms with it", () => {
  const bare = build({ batchNorm: false }, [1, 3, 224, 224], 21);
  expect(bare.count).toBe(251_772_245);
  const { graph } = build(tiny, [1, 3, 224, 224]);
  expect(graph.nodes.filter(({ op }) => op === "BatchNormalization").length).toBe(29);
  expect(graph.nodes.filter(({ op }) => op === "Relu").length).toBe(29);
});

describe("sizes", () => {
  const map = (options: object, image: readonly number[], path: string): string => {
    const { graph, logits } = build({ ...tiny, ...options }, image);
    expect(logits.shape.slice(2)).toEqual(image.slice(2));
    return shapeText(graph.nodes.find(({ scope }) => scope === path)!.outputs[0]!.shape);
  };

  it("an image of 224x224 becomes one vector, and the widths go up again as they came down", () => {
    expect(map({}, [1, 3, 224, 224], "fc6")).toBe("[1,4,1,1]");
    expect(map({}, [1, 3, 224, 224], "fc6-deconv")).toBe("[1,16,7,7]");
    const { graph } = build({}, [1, 3, 224, 224]);
    const widths = graph.nodes
      .filter(({ op }) => op === "ConvTranspose")
      .map(({ outputs }) => outputs[0]!.shape[1] as number);
    expect(widths).toEqual([512, 512, 512, 512, 512, 512, 256, 256, 256, 128, 128, 64, 64, 64]);
  });

  it("smaller images are padded to 224, larger ones to a multiple of 32", () => {
    expect(map({}, [1, 3, 33, 300], "fc6")).toBe("[1,4,1,4]");
    expect(map({}, [1, 3, 33, 300], "conv1_1")).toBe("[1,2,224,320]");
  });
});
