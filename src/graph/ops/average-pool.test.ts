import { describe, expect, it } from "vitest";
import { checkGradients } from "../../../test/evaluate.js";
import {
  AdaptiveAveragePool,
  AdaptiveMaxPool,
  AveragePool,
  ChannelShuffle,
  GlobalAveragePool,
  Graph,
  MaxUnpoolAt,
  PixelShuffle,
  PixelUnshuffle,
  type Value,
} from "../index.js";

const functions: { [name: string]: (x: Value) => Value } = {
  "AveragePool 2x2 of odd sizes": (x) => AveragePool(x, [2, 2]),
  "AveragePool with overlap, padding and rounding up": (x) =>
    AveragePool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], ceilMode: true }),
  "AveragePool with gaps": (x) => AveragePool(x, [2, 2], { strides: [3, 3] }),
  GlobalAveragePool: (x) => GlobalAveragePool(x),
  AdaptiveAveragePool: (x) => AdaptiveAveragePool(x, [2, 4]),
  "AdaptiveMaxPool with overlap": (x) => AdaptiveMaxPool(x, [3, 4]),
};

describe("gradients equal central differences in float64", () => {
  it.each(Object.entries(functions))("%s", (_, build) =>
    checkGradients({ inputs: { x: [1, 2, 5, 7] }, build: ({ x }) => build(x!) }),
  );

  it("shuffles", () =>
    checkGradients({
      inputs: { x: [1, 8, 2, 3] },
      build: ({ x }) => PixelUnshuffle(ChannelShuffle(PixelShuffle(x!, 2), 2), 2),
    }));

  it("MaxUnpoolAt", () =>
    checkGradients({
      inputs: { v: [1, 1, 2, 2] },
      build: ({ v }) => MaxUnpoolAt(v!, v!.graph.constant(Int32Array.of(5, 3, 11, 8), [1, 1, 2, 2]), [3, 4]),
    }));
});

it("AveragePool refuses a map smaller than its window and names the layer", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 3, 2, 8]);
  expect(() => graph.inScope("encoder.pool", () => AveragePool(x, [3, 3]))).toThrow(
    "encoder.pool: AveragePool(float32[1,3,2,8]) has a map of [2,8] under a window of [3,3]",
  );
});
