import { describe, expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";

const build = (options: { [name: string]: unknown }) =>
  buildNetwork("deeplabv3plus-unimatch", options, [2, 3, 64, 96], 21);

// Counted on UniMatch's own modules, with 21 classes.
it.each([
  ["resnet50-deep-stem", 40_475_957],
  ["resnet101-deep-stem", 59_468_085],
  ["xception65", 54_711_461],
])("over %s it has %i parameters", (encoder, count) => {
  expect(build({ encoder }).parameters).toBe(count);
});

describe("sizes", () => {
  it("the logits are in the image's size, whatever it is", () => {
    const { outputs, image } = buildNetwork("deeplabv3plus-unimatch", { encoder: "xception41" }, anyImages(4), 3);
    expect(outputs.logits.shape.slice(2)).toEqual(image.shape.slice(2));
  });

  it("ResNet's last stage dilates as in torchvision: its first block like the stage before", () => {
    const dilations = (outputStride: number): number[] =>
      build({ outputStride })
        .graph.nodes.filter(({ op, scope }) => op === "Conv" && /layer4\.\d\.conv2/.test(scope))
        .map(({ attributes }) => (attributes.dilations as number[])[0]!);
    expect(dilations(16)).toEqual([1, 2, 2]);
    expect(dilations(8)).toEqual([2, 4, 4]);
  });
});

it("what cannot be built is refused", () => {
  expect(() => build({ encoder: "mit_b0" })).toThrow("an output stride of 32, which mit_b0 can have");
  expect(() => build({ outputStride: 32 })).toThrow("outputStride");
  expect(() => build({ rates: [6, 12] })).toThrow("rates");
});
