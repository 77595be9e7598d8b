import { expect, it } from "vitest";
import { evaluate } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { buildOptimizer, noDecayForVectors, updateParameters } from "./index.js";
import { type OptimizerName, optimizers } from "./registry.js";

/** Small ones of several shapes, in two groups, and a large one between them. */
const shapes: readonly (readonly number[])[] = [[3], [2, 3, 1, 1], [200, 100], [5], [4, 2]];

/** Numbers in (0, 1) that differ from place to place. */
function numbers(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return float32(
    Float32Array.from({ length: size }, (_, i) => (((i + 7 * seed) * 2654435761) % 9973) / 9973 + 1e-3),
    [...shape],
  );
}

/** A step of parameters of these shapes. */
function build(name: OptimizerName, shapes: readonly (readonly number[])[], bundle: boolean) {
  const graph = new Graph();
  const trained = shapes.map((shape, i) => ({
    name: `p${i}`,
    parameter: graph.parameter(`p${i}`, shape),
    gradient: graph.input(`d p${i}`, "float32", shape),
  }));
  const { updates } = updateParameters(graph, trained, {
    optimizer: buildOptimizer({ name, weightDecay: 0.1 }),
    groups: [noDecayForVectors],
    learningRate: graph.input("rate", "float32", []),
    step: graph.input("step", "float32", []),
    bundle,
  });
  return { graph, trained, updates };
}

/** All tensors after a step. */
async function updated(name: OptimizerName, bundle: boolean) {
  const { graph, trained, updates } = build(name, shapes, bundle);
  expect(updates.map((update) => update.name)).toEqual(trained.map((one) => one.name));
  const slots = updates.flatMap((update) => update.slots);
  for (const update of updates) graph.output(`next ${update.name}`, update.next);
  for (const { buffer, next } of slots) graph.output(`next ${buffer}`, next);
  const given = [
    ...shapes.flatMap((shape, i) => [
      [`p${i}`, numbers(shape, i)],
      [`d p${i}`, numbers(shape, i + 10)],
    ]),
    ...slots.map(({ buffer, shape }, i) => [buffer, numbers(shape as number[], i + 20)]),
  ] as const;
  return evaluate(graph, {
    ...(Object.fromEntries(given) as { [name: string]: Tensor }),
    rate: float32([0.01], []),
    step: float32([3], []),
  });
}

it.each(Object.keys(optimizers) as OptimizerName[])(
  "%s: small parameters laid together become what they become alone, bit for bit",
  async (name) => {
    const [alone, together] = [await updated(name, false), await updated(name, true)];
    expect(together).toEqual(alone);
  },
);

it("takes the operators of one tensor for a hundred vectors", () => {
  const vectors = new Array(100).fill([8]);
  const nodes = (bundle: boolean) => build("adamW", vectors, bundle).graph.nodes.length;
  expect(nodes(true)).toBeLessThan(nodes(false) / 20);
});
