import { expect, it } from "vitest";
import { Graph } from "../../graph/index.js";
import { NetworkState, Scope } from "../../nn/scope.js";
import { enet } from "./model.js";

const options = enet.options.parse({});

function build(shape: readonly number[], numClasses: number) {
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  const { logits } = enet.build(new Scope(state), graph.input("image", "float32", shape), numClasses, options);
  const counts = Array.from(state.specs.values(), ({ kind, shape: dims }) =>
    kind === "parameter" ? dims.reduce((p, d) => p * d, 1) : 0,
  );
  return { graph, logits, parameters: counts.reduce((a, b) => a + b, 0) };
}

it("has the published 350,508 parameters for 11 classes and 351,660 for 19", () => {
  expect(build([1, 3, 32, 32], 11).parameters).toBe(350_508);
  expect(build([1, 3, 32, 32], 19).parameters).toBe(351_660);
});

it("dilates by 2, 4, 8 and 16 in stages 2 and 3", () => {
  const dilations = build([1, 3, 64, 64], 2)
    .graph.nodes.filter(({ op, scope }) => op === "Conv" && /^dilated.*ext_conv2/.test(scope))
    .map(({ attributes }) => (attributes.dilations as number[])[0]);
  expect(dilations).toEqual([2, 4, 8, 16, 2, 4, 8, 16]);
});

it("keeps the size of images that no stage divides", () => {
  expect(build([2, 3, 61, 37], 5).logits.shape).toEqual([2, 5, 61, 37]);
});

it("pools all channels of images with many bands beside its 13 filters", () => {
  expect(build([1, 13, 32, 32], 2).parameters).toBeGreaterThan(build([1, 3, 32, 32], 2).parameters);
});
