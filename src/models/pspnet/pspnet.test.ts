import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import type { GivenOptions } from "../options.js";

const build = (options: GivenOptions, mode: "train" | "eval" = "eval") =>
  buildNetwork("pspnet", { encoder: "resnet18", ...options }, [2, 3, 64, 96], 5, mode);

/** Shape of what a layer makes. */
const shapeOf = (options: GivenOptions, scope: string): unknown =>
  build(options).graph.nodes.find((node) => node.scope === scope)!.outputs[0]!.shape;

describe("the map that the pyramid reads", () => {
  it("is at stride 8 at depth 3, at 32 at depth 5, and at 8 at depth 5 where the encoder dilates", () => {
    expect(shapeOf({}, "decoder.conv.0")).toEqual([2, 512, 8, 12]);
    expect(shapeOf({ depth: 5 }, "decoder.conv.0")).toEqual([2, 512, 2, 3]);
    expect(shapeOf({ depth: 5, outputStride: 8 }, "decoder.conv.0")).toEqual([2, 512, 8, 12]);
  });

  it("has a quarter of its channels in each of four branches", () => {
    const { state } = build({ depth: 5 });
    for (const i of [0, 1, 2, 3])
      expect(state.specs.get(`decoder.psp.blocks.${i}.pool.1.0.weight`)!.shape).toEqual([128, 512, 1, 1]);
    expect(state.specs.get("decoder.conv.0.weight")!.shape).toEqual([512, 1024, 1, 1]);
  });
});

it("the mean over the image has a bias and no norm, so that batches of one image can train", () => {
  const { state } = buildNetwork("pspnet", { encoder: "resnet18" }, [1, 3, 64, 64], 2, "train");
  expect(state.specs.has("decoder.psp.blocks.0.pool.1.0.bias")).toBe(true);
  expect(state.specs.has("decoder.psp.blocks.0.pool.1.1.weight")).toBe(false);
  expect(state.specs.has("decoder.psp.blocks.1.pool.1.0.bias")).toBe(false);
});

it("the auxiliary head reads the last but one map, in training only", () => {
  const { outputs, state } = build({ depth: 5, outputStride: 8, auxWeight: 0.4 }, "train");
  expect(outputs.aux!.map(({ logits, weight }) => [logits.shape, weight])).toEqual([[[2, 5, 64, 96], 0.4]]);
  expect(state.specs.get("aux_head.0.weight")!.shape).toEqual([64, 256, 3, 3]);
  expect(build({ auxWeight: 0.4 }).outputs.aux).toBeUndefined();
  expect(build({}, "train").outputs.aux).toBeUndefined();
});
