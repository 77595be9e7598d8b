import { describe, expect, it } from "vitest";
import { buildNetwork } from "../../../test/build-network.js";
import { evaluate } from "../../../test/evaluate.js";
import { Graph } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { float32, type Tensor } from "../../runtime/tensor.js";
import { positionAttention } from "./attention.js";

describe("position attention", () => {
  /** Attention on [1, 2, 1, 2] with one inner channel; `out_conv` passes its input on. */
  async function attend(x: readonly number[], weights: { top: number; center: number; bottom: number }) {
    const graph = new Graph();
    const image = graph.input("x", "float32", [1, 2, 1, 2]);
    graph.output("y", positionAttention(new Scope(new NetworkState(graph, "eval")), image, 1));
    const centreTap = (scale: number): Float32Array => {
      const data = new Float32Array(2 * 2 * 9);
      for (const channel of [0, 1]) data[(channel * 2 + channel) * 9 + 4] = scale;
      return data;
    };
    const feeds: { [name: string]: Tensor } = {
      x: float32(Float32Array.from(x), [1, 2, 1, 2]),
      // The inner maps look at channel 0 alone.
      "top_conv.weight": float32(Float32Array.of(weights.top, 0), [1, 2, 1, 1]),
      "center_conv.weight": float32(Float32Array.of(weights.center, 0), [1, 2, 1, 1]),
      "bottom_conv.weight": float32(centreTap(weights.bottom), [2, 2, 3, 3]),
      "out_conv.weight": float32(centreTap(1), [2, 2, 3, 3]),
      "top_conv.bias": float32(new Float32Array(1), [1]),
      "center_conv.bias": float32(new Float32Array(1), [1]),
      "bottom_conv.bias": float32(new Float32Array(2), [2]),
      "out_conv.bias": float32(new Float32Array(2), [2]),
    };
    return Array.from((await evaluate(graph, feeds)).y!.data as Float32Array);
  }

  it("adds a quarter of the sum of all positions to each where all pairs weigh alike", async () => {
    // Two positions are four pairs: each position gets 1/4 of (1 + 2) = 0.75 of channel 0 and 1/4 of (10 + 30) = 10 of
    // channel 1. These (position, channel) rows [0.75, 10, 0.75, 10] are read as (channel, position), as in the reference.
    const y = await attend([1, 2, 10, 30], { top: 0, center: 0, bottom: 1 });
    expect(y).toBeAllclose([1 + 0.75, 2 + 10, 10 + 0.75, 30 + 10], { rtol: 1e-6, atol: 0 });
  });

  it("weighs pairs of positions by one softmax over all of them", async () => {
    // Products of channel 0 with itself: pairs (1,1) 1, (1,2) 2, (2,1) 2, (2,2) 4.
    const exps = [1, 2, 2, 4].map(Math.exp);
    const sum = exps.reduce((a, b) => a + b);
    const [p11, p12, p21, p22] = exps.map((e) => e / sum) as [number, number, number, number];
    const y = await attend([1, 2, 10, 30], { top: 1, center: 1, bottom: 1 });
    const first = [p11 * 1 + p12 * 2, p11 * 10 + p12 * 30];
    const second = [p21 * 1 + p22 * 2, p21 * 10 + p22 * 30];
    const expected = [...first, ...second].map((value, i) => value + [1, 2, 10, 30][i]!);
    expect(y).toBeAllclose(expected, { rtol: 1e-6, atol: 0 });
  });
});

it("gates are a sixteenth of the feature's channels wide inside", () => {
  const { state } = buildNetwork("manet", { encoder: "resnet18" }, [1, 3, 64, 64], 2);
  const narrow = [0, 1, 2, 3].map((i) => state.specs.get(`decoder.blocks.${i}.SE_hl.1.weight`)!.shape.slice(0, 2));
  expect(narrow).toEqual([
    [16, 256],
    [8, 128],
    [4, 64],
    [4, 64],
  ]);
  expect(state.specs.has("decoder.blocks.4.SE_hl.1.weight")).toBe(false);
});

it("decoderChannels of another length than the depth are refused", () => {
  expect(() => buildNetwork("manet", { depth: 3 }, [1, 3, 64, 64], 2)).toThrow("3 numbers in decoderChannels");
});
