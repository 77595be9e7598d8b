import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import type { GivenOptions } from "../options.js";

const build = (options: GivenOptions, [height, width] = [64, 96]) =>
  buildNetwork("fpn", { encoder: "resnet18", ...options }, [1, 3, height!, width!], 5);

/** Sizes of what the layers of a name make, in order. */
const sizes = (options: GivenOptions, scope: string, size?: [number, number]): unknown[] =>
  build(options, size)
    .graph.nodes.filter((node) => node.scope === scope)
    .map((node) => node.outputs[0]!.shape.slice(2));

describe("the four maps", () => {
  it("are at strides 4 to 32, and one level finer for each level less of depth", () => {
    const coarse = (depth: number) => sizes({ depth }, "decoder.p5")[0];
    const fine = (depth: number) => sizes({ depth }, "decoder.p2.skip_conv")[0];
    expect([5, 4, 3].map(coarse)).toEqual([
      [2, 3],
      [4, 6],
      [8, 12],
    ]);
    expect([5, 4, 3].map(fine)).toEqual([
      [16, 24],
      [32, 48],
      [64, 96],
    ]);
  });

  it("grow step by step to the size of the finest, also where sizes are odd", () => {
    // 97 pixels have maps of 49, 25, 13, 7 and 4; 131 of 66, 33, 17, 9 and 5.
    const lastOf = (i: number): unknown => sizes({}, `decoder.seg_blocks.0.block.${i}`, [97, 131]).at(-1);
    expect([0, 1, 2].map(lastOf)).toEqual([
      [7, 9],
      [13, 17],
      [25, 33],
    ]);
  });

  it("are summed, or concatenated in front of a head of four times the weights", () => {
    const head = (merge: string): unknown => build({ merge }).state.specs.get("segmentation_head.0.weight")!.shape;
    expect([head("add"), head("cat")]).toEqual([
      [5, 128, 1, 1],
      [5, 512, 1, 1],
    ]);
  });
});

it("channels that 32 groups do not divide are refused", () => {
  expect(() => build({ segmentationChannels: 48 })).toThrow("segmentationChannels = 48");
});
