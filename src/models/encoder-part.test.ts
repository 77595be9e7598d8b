import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../test/build-network.js";
import { findEncoder } from "../encoders/registry.js";
import type { GivenOptions } from "./options.js";

const names = [
  "deeplabv3",
  "deeplabv3plus",
  "pspnet",
  "fpn",
  "linknet-encoder",
  "unetplusplus",
  "manet",
  "pan",
  "upernet",
] as const;

const shapeOf = (name: string, options: GivenOptions, size: readonly [number, number]): unknown =>
  buildNetwork(name, options, [1, 3, ...size], 5).outputs.logits.shape;

describe.each(names)("%s", (name) => {
  it.each([
    [32, 32],
    [33, 35],
    [63, 97],
  ])("gives logits of the image's size for %ix%i pixels", (height, width) => {
    expect(shapeOf(name, { encoder: "resnet18" }, [height, width])).toEqual([1, 5, height, width]);
  });

  it("goes over an encoder that has no map at stride 2", () => {
    expect(findEncoder("mit_b0").channels[0]).toBe(0);
    const options = { encoder: "mit_b0", ...(name === "pan" && { outputStride: 32 }) };
    if (!name.startsWith("deeplab")) expect(shapeOf(name, options, [97, 131])).toEqual([1, 5, 97, 131]);
    // Its strides stand on attention, which cannot dilate.
    else
      expect(() => shapeOf(name, options, [97, 131])).toThrow("expected an output stride of 32, which mit_b0 can have");
  });

  it("goes over an encoder that does not pad", () => {
    expect(findEncoder("alexnet").unpadded).toBe(true);
    expect(shapeOf(name, { encoder: "alexnet" }, [129, 131])).toEqual([1, 5, 129, 131]);
  });
});

it("a map that the encoder lacks is refused where the decoder would read it", () => {
  expect(() => shapeOf("fpn", { encoder: "mit_b0", depth: 4 }, [64, 64])).toThrow(
    "mit_b0, whose maps begin later; expected an encoder with a feature map at stride 2",
  );
});

it("an unknown encoder is refused with the nearest names", () => {
  expect(() => shapeOf("fpn", { encoder: "resnet19" }, [64, 64])).toThrow(/Did you mean resnet18/);
});
