import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { pixelsOf, receptiveFields } from "../../graph/receptive-field.js";

const { graph, parameters, image, outputs } = buildNetwork("deeplabv1", {}, [1, 3, 64, 64], 21);

describe("LargeFOV over VGG16", () => {
  it("has 20,505,429 parameters at 21 classes", () => {
    expect(parameters).toBe(20_505_429);
  });

  it("dilates conv5 by 2 and fc6 by 12, at an eighth of the image", () => {
    const dilated = graph.nodes.filter(
      ({ op, attributes }) => op === "Conv" && (attributes.dilations as number[])[0]! > 1,
    );
    expect(dilated.map(({ scope, attributes, outputs: [y] }) => [scope, attributes.dilations, y!.shape])).toEqual([
      ["encoder.features.24", [2, 2], [1, 512, 8, 8]],
      ["encoder.features.26", [2, 2], [1, 512, 8, 8]],
      ["encoder.features.28", [2, 2], [1, 512, 8, 8]],
      ["fc6", [12, 12], [1, 1024, 8, 8]],
    ]);
  });

  it("sees 412 pixels", () => {
    // conv1 4, pool1 1, conv2 8, pool2 2, conv3 24, pool3 4, conv4 48: with the pixel itself 92 at stride 8;
    // pool4 16, conv5 3 x 32, pool5 16, fc6 2 x 12 x 8 = 192.
    const coarse = graph.nodes.find(({ scope }) => scope === "fc8")!.outputs[0]!;
    expect(pixelsOf(receptiveFields(image).get(coarse)!.axes[0])).toBe(412);
    expect(outputs.logits.shape).toEqual([1, 21, 64, 64]);
  });
});

it("takes its field of view from the rate", () => {
  const fc6 = buildNetwork("deeplabv1", { encoder: "resnet18", rate: 4 }, [1, 3, 64, 64], 2).graph.nodes.find(
    ({ scope, op }) => scope === "fc6" && op === "Conv",
  )!;
  expect([fc6.attributes.dilations, fc6.attributes.pads]).toEqual([
    [4, 4],
    [4, 4, 4, 4],
  ]);
});
