import { describe, expect, it } from "vitest";
import { Graph } from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";
import { elementCount } from "../runtime/tensor.js";
import type { EncoderOptions } from "./encoder.js";
import { findEncoder } from "./registry.js";

function build(name: string, options: EncoderOptions = {}, side = 64) {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", [1, 3, side, side]);
  return { graph, state, features: findEncoder(name).build(new Scope(state), image, options) };
}

const parameters = ({ specs }: NetworkState): number =>
  Array.from(specs.values())
    .filter(({ kind }) => kind === "parameter")
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);

describe("Xception", () => {
  it("has the 22,855,952 parameters of Cadene's port with 1000 classes", () => {
    const graph = new Graph();
    const state = new NetworkState(graph, "eval");
    const image = graph.input("image", "float32", [2, 3, 64, 64]);
    expect(findEncoder("xception").classify(new Scope(state), image, 1000).shape).toEqual([2, 1000]);
    expect(parameters(state)).toBe(22_855_952);
  });

  it("has no other output stride than 32, and no factors on dilations", () => {
    expect(() => build("xception", { outputStride: 16 })).toThrow("16; expected output stride 32");
    expect(() => build("xception", { multiGrid: [1, 2, 4] })).toThrow("expected no multiGrid");
  });
});

describe("aligned Xception", () => {
  /** Stride and dilation of the depthwise convolutions whose path matches. */
  const windows = (options: EncoderOptions, path: RegExp): number[][] =>
    build("xception41", options)
      .graph.nodes.filter(({ op, scope }) => op === "Conv" && path.test(scope))
      .map(({ attributes }) => [(attributes.strides as number[])[0]!, (attributes.dilations as number[])[0]!]);

  it("strides in block3 and the last block until the output stride is reached, and dilates by 2 at 8 alone", () => {
    const places = [/block3\.sepconv3\.d/, /block4\.sepconv1\.d/, /block12\.sepconv3\.d/, /^conv5\.d/];
    const at = (outputStride: 8 | 16 | 32): string =>
      places.map((path) => windows({ outputStride }, path)[0]!.join(" by ")).join(", ");
    // Stride and dilation in block3, a middle block, the last block and behind it.
    expect(at(32)).toBe("2 by 1, 1 by 1, 2 by 1, 1 by 1");
    expect(at(16)).toBe("2 by 1, 1 by 1, 1 by 1, 1 by 1");
    expect(at(8)).toBe("1 by 1, 1 by 2, 1 by 2, 1 by 2");
  });

  it("65 has eight middle blocks more than 41", () => {
    // Three separable convolutions of 728 channels: 728 * 9 + 728 * 728 weights and two norms of 2 * 728 each.
    const block = 3 * (728 * 9 + 728 * 728 + 4 * 728);
    const [small, large] = ["xception41", "xception65"].map((name) => parameters(build(name).state));
    expect(large! - small!).toBe(8 * block);
  });

  it("adds a rectified input where a block changes no shape, as the reference's in-place ReLU does", () => {
    const { graph } = build("xception41");
    const sum = graph.nodes.find(({ op, scope }) => op === "Add" && scope === "block4")!;
    const skip = sum.inputs[1]!.source;
    expect(skip.kind === "node" && `${skip.node.op} of ${skip.node.scope}`).toBe("Relu of block4");
  });

  it("gives maps from inside its blocks without making what lies behind them", () => {
    const names = Array.from(build("xception41", { depth: 2 }).state.specs.keys());
    expect(names).toContain("block2.sepconv2.pointwise.weight");
    expect(names.some((name) => name.startsWith("block2.sepconv3") || name.startsWith("block2.skip"))).toBe(false);
  });
});
