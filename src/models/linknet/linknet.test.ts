import { expect, it } from "vitest";
import { Graph, shapeText } from "../../graph/index.js";
import type { Node } from "../../graph/types.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(image: readonly number[], numClasses: number) {
  const choice = chooseNetwork("linknet");
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const input = graph.input("image", "float32", image);
  const { logits } = choice.architecture.build(new Scope(state), input, numClasses, choice.options);
  return { graph, state, logits };
}

it("LinkNet over ResNet-18 has the published 11,535,659 parameters for 11 classes", () => {
  const { state } = build([1, 3, 64, 64], 11);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(11_535_659);
});

it("adds the input of each of the encoder's stages to its decoder's output, in front of a ReLU", () => {
  const { graph } = build([1, 3, 64, 96], 2);
  const made = (scope: string, op: string): Node => graph.nodes.findLast((n) => n.scope === scope && n.op === op)!;
  const links: { [decoder: string]: Node } = {
    decoder4: made("encoder.layer3.1", "Relu"),
    decoder3: made("encoder.layer2.1", "Relu"),
    decoder2: made("encoder.layer1.1", "Relu"),
    decoder1: made("encoder.maxpool", "MaxPool"),
  };
  for (const [decoder, { outputs, op, inputs }] of Object.entries(links)) {
    const sum = made(decoder, "Add");
    const [decoded, link] = sum.inputs as [Node["outputs"][number], Node["outputs"][number]];
    expect(decoded.source).toMatchObject({ kind: "node", node: { scope: `${decoder}.bn3`, op: "Relu" } });
    // The pooling is made a second time outside the encoder; lowering makes equal nodes one.
    expect(link.source).toMatchObject({ kind: "node", node: { op, inputs, outputs: [{ shape: outputs[0]!.shape }] } });
    expect(made(decoder, "Relu").inputs[0]).toBe(sum.outputs[0]);
  }
  const shapes = [4, 3, 2, 1].map((level) => shapeText(made(`decoder${level}`, "Relu").outputs[0]!.shape));
  expect(shapes).toEqual(["[1,256,4,6]", "[1,128,8,12]", "[1,64,16,24]", "[1,64,16,24]"]);
});

it("keeps the size of images that are no multiple of 32", () => {
  expect(build([1, 3, 33, 47], 5).logits.shape).toEqual([1, 5, 33, 47]);
});
