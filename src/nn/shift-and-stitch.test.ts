import { describe, expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Conv, Graph, MaxPool, symbol, type Value } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { Random } from "../util/random.js";
import { NetworkState, Scope } from "./scope.js";
import { shiftAndStitch } from "./shift-and-stitch.js";

const random = new Random(1, "shift and stitch");
const tensor = (shape: readonly number[]) =>
  float32(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.between(-1, 1)),
    shape,
  );

/** A convolution, a pooling by 3, a convolution and a pooling by 2, each step of the window being 1 where it is dilated. */
function network(dilated: boolean, first: Value, second: Value): (x: Value) => Value {
  const window = (stride: number, dilation: number) => {
    const [step, apart] = dilated ? [1, dilation] : [stride, 1];
    return { strides: [step, step], dilations: [apart, apart] } as const;
  };
  return (x) => {
    const pool1 = MaxPool(Conv(x, first, null), [3, 3], window(3, 1));
    return MaxPool(Conv(pool1, second, null, window(1, 3)), [2, 2], window(2, 3));
  };
}

describe("shift-and-stitch", () => {
  // conv 3x3: 3, pool 3: 5 at stride 3, conv 2x2: 8, pool 2: 11 at stride 6.
  const [field, stride] = [11, 6];
  it.each([
    [11, 11, false],
    [23, 31, false],
    [20, 17, false],
    [23, 31, true],
  ])(
    "of a strided network on %i x %i is the network without strides and with dilated filters (symbolic %s)",
    async (h, w, symbolic) => {
      const [x, first, second] = [tensor([2, 3, h, w]), tensor([4, 3, 3, 3]), tensor([5, 4, 2, 2])];
      const graph = new Graph();
      const scope = new Scope(new NetworkState(graph, "eval"));
      const image = graph.input("x", "float32", symbolic ? [symbol("n"), 3, symbol("h"), symbol("w")] : x.shape);
      const kernels = [
        graph.input("first", "float32", first.shape),
        graph.input("second", "float32", second.shape),
      ] as const;
      graph.output("stitched", shiftAndStitch(scope, image, { field, stride, run: network(false, ...kernels) }));
      graph.output("dilated", network(true, ...kernels)(image));
      const { stitched, dilated } = await evaluate(graph, { x, first, second });
      expect(stitched!.shape).toEqual([2, 5, h - field + 1, w - field + 1]);
      expect(stitched!.shape).toEqual(dilated!.shape);
      expect(stitched!.data as Float32Array).toBeAllclose(dilated!.data as Float32Array, { rtol: 1e-5, atol: 1e-6 });
    },
  );
});
