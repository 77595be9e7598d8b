import { expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";

/** Dilations of the 3x3 convolutions of layer3 and layer4 of a ResNet-50. */
function dilations(hdc: boolean): unknown[][] {
  const { graph } = buildNetwork("duc", { encoder: "resnet50", width: 4, hdc }, [1, 3, 64, 64], 2);
  return [3, 4].map((stage) =>
    graph.nodes
      .filter(({ op, scope }) => op === "Conv" && new RegExp(`^layer${stage}\\.\\d+\\.conv2$`).test(scope))
      .map(({ attributes }) => (attributes.dilations as readonly number[])[0]),
  );
}

it("hybrid dilations go in turn through the blocks, and are the same in each stage without them", () => {
  expect(dilations(true)).toEqual([
    [1, 2, 5, 9, 1, 2],
    [5, 9, 17],
  ]);
  expect(dilations(false)).toEqual([
    [2, 2, 2, 2, 2, 2],
    [4, 4, 4],
  ]);
});

it("each place of the last map scores 8x8 pixels, of an image padded to a multiple of 8", () => {
  const { graph, outputs } = buildNetwork("duc", { encoder: "resnet18" }, [1, 3, 97, 131], 5);
  const scores = graph.nodes.find(({ scope }) => scope === "duc.conv")!;
  expect(scores.outputs[0]!.shape).toEqual([1, 320, 13, 17]);
  expect(outputs.logits.shape).toEqual([1, 5, 97, 131]);
});
