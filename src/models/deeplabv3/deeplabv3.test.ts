import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import type { GivenOptions } from "../options.js";

/** Dilations of the 3x3 convolutions below a path. */
const dilations = (options: GivenOptions, path: string): unknown[] =>
  buildNetwork("deeplabv3", options, [1, 3, 64, 64], 2)
    .graph.nodes.filter(({ op, scope, inputs }) => op === "Conv" && scope.startsWith(path) && inputs[1]!.shape[2] === 3)
    .map(({ attributes }) => attributes.dilations);

describe("dilations", () => {
  it("of the last two stages are 2 and 4 at output stride 8, and 1 and 2 at 16", () => {
    const both = (value: number): number[][] => Array.from({ length: 4 }, () => [value, value]);
    const stage = (outputStride: number, name: string) =>
      dilations({ encoder: "resnet18", outputStride }, `encoder.${name}`);
    expect([stage(8, "layer3"), stage(8, "layer4")]).toEqual([both(2), both(4)]);
    expect([stage(16, "layer3"), stage(16, "layer4")]).toEqual([both(1), both(2)]);
  });

  it("are multiplied by the multi-grid in the last stage's blocks", () => {
    const options = { encoder: "resnet50", outputStride: 16, multiGrid: [1, 2, 4] };
    expect(dilations(options, "encoder.layer4")).toEqual([
      [2, 2],
      [4, 4],
      [8, 8],
    ]);
    expect(dilations(options, "decoder.aspp")).toEqual([
      [12, 12],
      [24, 24],
      [36, 36],
    ]);
  });
});

describe("auxiliary head", () => {
  const options = { encoder: "resnet18", auxWeight: 0.4 };

  it("reads the last but one map, in training only, and counts for its weight", () => {
    const { outputs, state } = buildNetwork("deeplabv3", options, [2, 3, 40, 56], 5, "train");
    expect(outputs.aux!.map(({ logits, weight }) => [logits.shape, weight])).toEqual([[[2, 5, 40, 56], 0.4]]);
    // layer3 of resnet18 has 256 channels, of which the head makes a quarter.
    expect(state.specs.get("aux_head.0.weight")!.shape).toEqual([64, 256, 3, 3]);
    expect(buildNetwork("deeplabv3", options, [2, 3, 40, 56], 5).outputs.aux).toBeUndefined();
  });

  it("is absent unless asked for", () => {
    const { outputs, state } = buildNetwork("deeplabv3", { encoder: "resnet18" }, [2, 3, 40, 56], 5, "train");
    expect(outputs.aux).toBeUndefined();
    expect([...state.specs.keys()].filter((name) => name.startsWith("aux"))).toEqual([]);
  });
});

it("separable branches have 9 weights a channel and a 1x1 convolution", () => {
  const count = (separable: boolean): number =>
    buildNetwork("deeplabv3", { encoder: "resnet18", separable, channels: 10 }, [1, 3, 64, 64], 2).parameters;
  // Three branches from 512 channels to 10, of 9 * 512 * 10 weights or of 9 * 512 + 512 * 10.
  expect(count(false) - count(true)).toBe(3 * (9 * 512 * 10 - (9 * 512 + 512 * 10)));
});

it("a smaller depth reads an earlier map", () => {
  const { state } = buildNetwork("deeplabv3", { encoder: "resnet18", depth: 3 }, [1, 3, 64, 64], 2);
  expect(state.specs.get("decoder.aspp.convs.0.0.weight")!.shape).toEqual([256, 128, 1, 1]);
});

it("a batch of one image is refused in training, because its mean is a single value", () => {
  const train = () => buildNetwork("deeplabv3", { encoder: "resnet18" }, [1, 3, 64, 64], 2, "train");
  expect(train).toThrow(/decoder\.aspp\.convs\.4\.2.*batch of at least 2/);
});
