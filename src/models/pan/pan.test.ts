import { describe, expect, it } from "vitest";
import { anyImages, buildNetwork } from "../../../test/build-network.js";
import { shapeText } from "../../graph/index.js";
import type { GivenOptions } from "../options.js";

const build = (options: GivenOptions, size: readonly [number, number]) =>
  buildNetwork("pan", { encoder: "resnet18", ...options }, [1, 3, ...size], 5);

/** Sizes of what the layers of a path make. */
const sizes = (options: GivenOptions, size: readonly [number, number], scope: string): unknown[] =>
  build(options, size)
    .graph.nodes.filter((node) => node.scope === scope)
    .map((node) => node.outputs[0]!.shape.slice(2));

describe("the pyramid", () => {
  it("has halves, quarters and eighths of the last map", () => {
    const at = (name: string): unknown => sizes({}, [128, 160], `decoder.fpa.${name}`)[0];
    expect(["down1.0", "down2.0", "down3.0"].map(at)).toEqual([
      [4, 5],
      [2, 2],
      [1, 1],
    ]);
  });

  it("pads the last map of small images to 8x8, and only then", () => {
    const pads = (size: readonly [number, number]): unknown[] =>
      build({}, size)
        .graph.nodes.filter(({ op }) => op === "Pad")
        .map((node) => node.outputs[0]!.shape.slice(2));
    expect(pads([64, 160])).toEqual([[8, 10]]);
    expect(pads([128, 128])).toEqual([]);
    expect(build({}, [33, 32]).outputs.logits.shape).toEqual([1, 5, 33, 32]);
  });
});

it("goes up one step for each feature between the last and the one at stride 4", () => {
  const steps = (depth: number): string[] => {
    const names = [...build({ depth }, [128, 128]).state.specs.keys()];
    return [...new Set(names.flatMap((name) => name.match(/gau\d/)?.[0] ?? []))];
  };
  expect([3, 4, 5].map(steps)).toEqual([["gau1"], ["gau2", "gau1"], ["gau3", "gau2", "gau1"]]);
});

it("has the symbolic sizes of the image", () => {
  const { outputs } = buildNetwork("pan", { encoder: "resnet18" }, anyImages(), 2);
  expect(shapeText(outputs.logits.shape)).toBe("[batch,2,height,width]");
});

it("a batch of one image is refused in training, because its mean is a single value", () => {
  const train = () => buildNetwork("pan", { encoder: "resnet18" }, [1, 3, 64, 64], 2, "train");
  expect(train).toThrow(/decoder\.fpa\.branch1\.1\.bn.*batch of at least 2/);
});
