import { expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";
import { shapeText } from "../../graph/index.js";

/** Shape of what a layer makes. */
const shapeOf = (options: object, scope: string): unknown =>
  buildNetwork("deeplabv3plus", { encoder: "resnet18", ...options }, [1, 3, 64, 96], 2).graph.nodes.find(
    (node) => node.scope === scope,
  )!.outputs[0]!.shape;

it("joins maps at stride 4 whatever the output stride and the depth", () => {
  expect(shapeOf({ outputStride: 8 }, "decoder.aspp.0.project.0")).toEqual([1, 256, 8, 12]);
  expect(shapeOf({ outputStride: 16 }, "decoder.aspp.0.project.0")).toEqual([1, 256, 4, 6]);
  expect(shapeOf({ depth: 3 }, "decoder.aspp.0.project.0")).toEqual([1, 256, 8, 12]);
  for (const options of [{ outputStride: 8 }, { outputStride: 16 }, { depth: 3 }, { depth: 4 }])
    expect(shapeOf(options, "decoder.block2.0.1"), JSON.stringify(options)).toEqual([1, 256, 16, 24]);
});

it("has the symbolic sizes of the image", () => {
  const { outputs } = buildNetwork("deeplabv3plus", { encoder: "resnet18" }, anyImages(), 2);
  expect(shapeText(outputs.logits.shape)).toBe("[batch,2,height,width]");
});

it("a batch of one image is refused in training, because its mean is a single value", () => {
  const train = () => buildNetwork("deeplabv3plus", { encoder: "resnet18" }, [1, 3, 64, 64], 2, "train");
  expect(train).toThrow(/decoder\.aspp\.0\.convs\.4\.2.*batch of at least 2/);
});
