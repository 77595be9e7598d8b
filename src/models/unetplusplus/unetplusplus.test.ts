import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { Graph } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import type { GivenOptions } from "../options.js";
import { chooseNetwork } from "../registry.js";

const build = (options: GivenOptions, size: readonly [number, number] = [64, 96]) =>
  buildNetwork("unetplusplus", { encoder: "resnet18", ...options }, [1, 3, ...size], 5);

const shallow = { depth: 3, decoderChannels: [32, 16, 8] };

describe("the maps between encoder and decoder", () => {
  it("join the stretched map, all maps to the left in the row, and the feature", () => {
    const { state } = build({});
    const channels = (name: string): unknown =>
      state.specs.get(`decoder.blocks.${name}.conv1.0.weight`)!.shape.slice(0, 2);
    // resnet18's features have 64, 64, 128, 256 and 512 channels; the decoder's 256, 128, 64, 32 and 16.
    expect(channels("x_0_0")).toEqual([256, 512 + 256]);
    expect(channels("x_1_1")).toEqual([128, 256 + 128]);
    expect(channels("x_0_1")).toEqual([128, 256 + 128 + 128]);
    expect(channels("x_0_3")).toEqual([32, 64 + 64 + 64 + 64 + 64]);
    expect(channels("x_2_3")).toEqual([64, 64 + 64 + 64]);
    expect(channels("x_0_4")).toEqual([16, 32]);
  });

  it("are one for each pair of rows, and a last one", () => {
    const blocks = (options: GivenOptions): number =>
      new Set([...build(options).state.specs.keys()].flatMap((name) => name.match(/blocks\.(x_\d_\d)/)?.[1] ?? []))
        .size;
    expect([blocks({}), blocks(shallow)]).toEqual([4 + 3 + 2 + 1 + 1, 2 + 1 + 1]);
  });

  it("have the size of the feature in their row, also where sizes are odd", () => {
    const { graph } = build(shallow, [97, 131]);
    const sizeOf = (name: string): unknown =>
      graph.nodes.findLast(({ scope }) => scope === `decoder.blocks.${name}.conv2`)!.outputs[0]!.shape.slice(2);
    expect(sizeOf("x_0_0")).toEqual([25, 33]);
    expect([sizeOf("x_1_1"), sizeOf("x_0_1")]).toEqual([
      [49, 66],
      [49, 66],
    ]);
    expect(sizeOf("x_0_2")).toEqual([97, 131]);
  });
});

describe("deep supervision", () => {
  const heads = (options: GivenOptions, mode: "train" | "eval" = "train"): readonly (readonly unknown[])[] => {
    const { architecture, options: all } = chooseNetwork("unetplusplus", { encoder: "resnet18", ...options });
    const graph = new Graph();
    const image = graph.input("image", "float32", [1, 3, 64, 96]);
    const { aux = [] } = architecture.build(new Scope(new NetworkState(graph, mode)), image, 5, all);
    return aux.map(({ logits, weight }) => [...logits.shape, weight]);
  };

  it("is a head on each map of the finest row but the last, in the size of the image, while training", () => {
    expect(heads({ auxWeight: 0.5 })).toEqual(new Array(3).fill([1, 5, 64, 96, 0.5]));
    expect(heads({ ...shallow, auxWeight: 1 })).toEqual([[1, 5, 64, 96, 1]]);
  });

  it("is not there unless asked for, nor when the network is used", () => {
    expect(heads({})).toEqual([]);
    expect(heads({ auxWeight: 0.5 }, "eval")).toEqual([]);
  });
});

it("decoderChannels of another length than the depth are refused", () => {
  expect(() => build({ depth: 4 })).toThrow("4 numbers in decoderChannels");
});
