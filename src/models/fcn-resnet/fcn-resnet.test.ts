import { describe, expect, it } from "vitest";
import { Graph, shapeText, symbol } from "../../graph/index.js";
import type { Mode } from "../../nn/scope.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, mode: Mode = "train", numClasses = 21) {
  const choice = chooseNetwork("fcn-resnet", options);
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const size = mode === "train" ? [97, 131] : [symbol("height"), symbol("width")];
  const image = graph.input("image", "float32", [2, 3, ...size]);
  const outputs = choice.architecture.build(new Scope(state), image, numClasses, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { ...outputs, graph, parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

describe("fcn-resnet", () => {
  it("has the numbers of parameters that torchvision states for its checkpoints of 21 classes", () => {
    expect(build({}).parameters).toBe(35_322_218);
    expect(build({ encoder: "resnet101" }).parameters).toBe(54_314_346);
  });

  it("has an auxiliary head of weight 0.5 at the image's size while training, and none in use", () => {
    const { logits, aux } = build({});
    expect(logits.shape).toEqual([2, 21, 97, 131]);
    expect(aux!.map((head) => [head.weight, head.logits.shape])).toEqual([[0.5, [2, 21, 97, 131]]]);
    expect(build({ aux: false }).aux).toBeUndefined();
    const inUse = build({}, "eval");
    expect(inUse.aux).toBeUndefined();
    expect(shapeText(inUse.logits.shape)).toBe("[2,21,height,width]");
  });

  it("the first block of a dilated stage keeps the dilation of the stage before, as in torchvision", () => {
    const dilations = (outputStride: number): unknown[] => {
      const { graph } = build({ encoder: "resnet50", outputStride });
      const middle = graph.nodes.filter(({ op, scope }) => op === "Conv" && /layer[34]\.[01]\.conv2$/.test(scope));
      return middle.map(({ attributes }) => (attributes as { dilations: number[] }).dilations[0]);
    };
    expect(dilations(8)).toEqual([1, 2, 2, 4]);
    expect(dilations(16)).toEqual([1, 1, 1, 2]);
    expect(dilations(32)).toEqual([1, 1, 1, 1]);
  });

  it("refuses an output stride that is none and an encoder that is not there", () => {
    expect(() => build({ outputStride: 4 })).toThrow("outputStride");
    expect(() => build({ encoder: "resnet5" })).toThrow("Did you mean");
  });
});
