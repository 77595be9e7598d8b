import { describe, expect, it } from "vitest";
import { Graph } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, batch = 2) {
  const choice = chooseNetwork("deeplabv3-torchvision", options);
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  const image = graph.input("image", "float32", [batch, 3, 97, 131]);
  const outputs = choice.architecture.build(new Scope(state), image, 21, choice.options);
  const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return { ...outputs, graph, parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0) };
}

describe("deeplabv3-torchvision", () => {
  it("has the numbers of parameters that torchvision states for its checkpoints of 21 classes", () => {
    expect(build({}).parameters).toBe(42_004_074);
    expect(build({ encoder: "resnet101" }).parameters).toBe(60_996_202);
    const mobile = { encoder: "mobilenet_v3_large", outputStride: 16, firstDilation: "stage", auxMap: 3 };
    expect(build(mobile).parameters).toBe(11_029_328);
  });

  it("stretches logits and auxiliary logits to the image's size", () => {
    const { logits, aux } = build({ encoder: "resnet18" });
    expect(logits.shape).toEqual([2, 21, 97, 131]);
    expect(aux!.map((head) => [head.weight, head.logits.shape])).toEqual([[0.5, [2, 21, 97, 131]]]);
    expect(build({ encoder: "resnet18", aux: false }).aux).toBeUndefined();
  });

  it("dilates one branch of the pyramid by each rate", () => {
    const { graph } = build({ encoder: "resnet18", rates: [6, 18] });
    const branches = graph.nodes.filter(({ op, scope }) => op === "Conv" && scope.includes("classifier.0.convs"));
    expect(branches.map(({ attributes }) => (attributes as { dilations: number[] }).dilations)).toEqual([
      [1, 1],
      [6, 6],
      [18, 18],
      [1, 1],
    ]);
  });

  it("refuses an auxiliary head on a map that the encoder does not have", () => {
    expect(() => build({ encoder: "alexnet", auxMap: 1 })).toThrow("an encoder with a feature map at stride 2");
  });

  it("a batch of one image cannot train: the pyramid's mean is one value a channel", () => {
    expect(() => build({ encoder: "resnet18" }, 1)).toThrow("Use a batch of at least 2");
  });
});
