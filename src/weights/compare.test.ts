/** @file The comparison of a file's tensors with a network's. */
import { describe, expect, it } from "vitest";
import { compareTensors, requireTensors } from "./compare.js";
import type { TensorSpec } from "./tensor.js";

const float = (...shape: number[]): TensorSpec => ({ dtype: "float32", shape });
const network = new Map([
  ["conv1.weight", float(8, 3, 3, 3)],
  ["conv1.bias", float(8)],
  ["head.weight", float(11, 8, 1, 1)],
]);

describe("compareTensors", () => {
  it("finds nothing between equal networks in another order", () => {
    const found = new Map([...network].reverse());
    expect(compareTensors(network, found)).toEqual({ missing: [], extra: [], mismatched: [] });
    requireTensors(network, found, "a file");
  });

  it("names missing, extra and mis-shaped tensors", () => {
    const found = new Map([
      ["conv1.weight", float(8, 3, 3, 3)],
      ["conv1.biass", float(8)],
      ["head.weight", float(2, 8, 1, 1)],
    ]);
    const difference = compareTensors(network, found);
    expect(difference.missing).toEqual(["conv1.bias"]);
    expect(difference.extra).toEqual(["conv1.biass"]);
    expect(difference.mismatched.map(({ name }) => name)).toEqual(["head.weight"]);
    expect(() => requireTensors(network, found, "runs/a/checkpoints/best")).toThrow(
      "runs/a/checkpoints/best holds the tensors of another network: " +
        "1 of another shape (head.weight is float32[2, 8, 1, 1], not float32[11, 8, 1, 1]), " +
        "1 missing (conv1.bias; there is conv1.biass), 1 too many (conv1.biass); expected the 3 tensors of this network",
    );
  });

  it("takes the same shape in another type for a difference", () => {
    const found = new Map(network).set("conv1.bias", { dtype: "float16", shape: [8] });
    expect(compareTensors(network, found).mismatched).toHaveLength(1);
  });

  it("names the first three of many", () => {
    const found = new Map(Array.from({ length: 5 }, (_, i) => [`layer${i}`, float(1)]));
    expect(() => requireTensors(new Map(), found, "f")).toThrow("5 too many (layer0, layer1, layer2, ...)");
  });
});
