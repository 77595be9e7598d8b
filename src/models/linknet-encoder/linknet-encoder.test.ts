import { expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";
import { shapeText } from "../../graph/index.js";

it("each depth has as many blocks, of a quarter of the channels inside and the next feature's outside", () => {
  for (const depth of [3, 4, 5]) {
    const { state } = buildNetwork("linknet-encoder", { encoder: "resnet18", depth }, [1, 3, 64, 64], 2);
    const channels = [64, 64, 128, 256, 512].slice(0, depth).reverse();
    const after = [...channels.slice(1), 32];
    for (const [i, from] of channels.entries()) {
      const shapeOf = (place: string): unknown => state.specs.get(`decoder.blocks.${i}.block.${place}.0.weight`)!.shape;
      expect(shapeOf("0")).toEqual([from / 4, from, 1, 1]);
      expect(shapeOf("1")).toEqual([from / 4, from / 4, 4, 4]);
      expect(shapeOf("2")).toEqual([after[i], from / 4, 1, 1]);
    }
    expect(state.specs.has(`decoder.blocks.${depth}.block.0.0.weight`)).toBe(false);
  }
});

it("pads images to a multiple of 2^depth and crops the logits", () => {
  const { graph, outputs } = buildNetwork("linknet-encoder", { encoder: "resnet18", depth: 4 }, [1, 3, 97, 131], 2);
  expect(graph.nodes[0]!.op).toBe("Pad");
  expect(graph.nodes[0]!.outputs[0]!.shape).toEqual([1, 3, 112, 144]);
  expect(outputs.logits.shape).toEqual([1, 2, 97, 131]);
});

it("has the symbolic sizes of the image", () => {
  const { outputs } = buildNetwork("linknet-encoder", { encoder: "resnet18" }, anyImages(), 2);
  expect(shapeText(outputs.logits.shape)).toBe("[batch,2,height,width]");
});

it("norms can be left out: then every convolution has a bias", () => {
  const { state } = buildNetwork(
    "linknet-encoder",
    { encoder: "resnet18", decoderNorm: "identity" },
    [1, 3, 64, 64],
    2,
  );
  const decoder = [...state.specs.keys()].filter((name) => name.startsWith("decoder"));
  expect(decoder.filter((name) => name.endsWith("bias")).length).toBe(15);
  expect(decoder.length).toBe(30);
});
