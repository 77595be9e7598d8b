import { expect, it } from "vitest";
import { Graph, shapeText, symbol } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { elementCount } from "../../runtime/tensor.js";
import { chooseNetwork } from "../registry.js";

function build(options: { [name: string]: unknown }, size: readonly [number, number] | "symbolic" = [64, 96]) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const sides = size === "symbolic" ? [symbol("height"), symbol("width")] : size;
  const image = graph.input("image", "float32", [2, 3, ...sides]);
  const { architecture, options: all } = chooseNetwork("lraspp", options);
  return { graph, state, logits: architecture.build(new Scope(state), image, 21, all).logits };
}

it("has as many parameters as torchvision publishes for 21 classes", () => {
  const parameters = Array.from(build({}).state.specs.values()).filter(({ kind }) => kind === "parameter");
  expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(3_221_538);
});

it.each(["mobilenet_v3_small", "mobilenet_v2", "efficientnet-b0", "resnet18"])(
  "gives logits in the image's size over %s, for odd and for symbolic sizes",
  (encoder) => {
    expect(build({ encoder }, [97, 131]).logits.shape).toEqual([2, 21, 97, 131]);
    expect(shapeText(build({ encoder }, "symbolic").logits.shape)).toBe("[2,21,height,width]");
  },
);

it("joins the map at stride 8, whatever the output stride", () => {
  for (const outputStride of [8, 16, 32]) {
    const { graph } = build({ outputStride });
    const low = graph.nodes.find(({ scope }) => scope === "classifier.low_classifier")!;
    expect(low.inputs[0]!.shape).toEqual([2, 40, 8, 12]);
  }
});

it("refuses output strides that the encoder cannot have", () => {
  expect(() => build({ encoder: "xception" })).toThrow("an output stride of 32, which xception can have");
});
