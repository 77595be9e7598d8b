import { expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { float32 } from "../runtime/tensor.js";
import { linear } from "./linear.js";
import { NetworkState, Scope } from "./scope.js";

it("linear multiplies the last axis by the transposed weight [out, in] and adds the bias", async () => {
  const graph = new Graph();
  const scope = new Scope(new NetworkState(graph, "eval"));
  graph.output("y", linear(scope.at("fc"), graph.input("x", "float32", [1, 2, 3]), { outFeatures: 2 }));
  const feeds = {
    x: float32([1, 2, 3, 4, 5, 6], [1, 2, 3]),
    "fc.weight": float32([1, 0, -1, 2, 1, 0], [2, 3]),
    "fc.bias": float32([10, 20], [2]),
  };
  for (const target of ["cpu", "portable"] as const) {
    const { y } = await evaluate(graph, feeds, target);
    expect(y!.shape).toEqual([1, 2, 2]);
    expect(Array.from(y!.data as Float32Array)).toEqual([8, 24, 8, 33]);
  }
});
