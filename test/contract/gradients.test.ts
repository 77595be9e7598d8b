/** @file Every parameter of every architecture has a gradient: nothing is built that training would leave as it is. */
import { expect, it } from "vitest";
import { gradients } from "../../src/autodiff/index.js";
import { Add, Mul, ReduceMean } from "../../src/graph/index.js";
import { architectures } from "../../src/models/registry.js";
import { elementCount, int32 } from "../../src/runtime/tensor.js";
import { Random } from "../../src/util/random.js";
import {
  allFinite,
  biasesWithoutEffect,
  buildSmall,
  isStatistic,
  largest,
  legalSides,
  randomImage,
  run,
  smallNetwork,
  startingValues,
} from "./network.js";

const numClasses = 3;

/** Class indices of a shape [N, H, W]. */
function randomClasses(shape: readonly number[]): Int32Array {
  const random = new Random(1, "classes", ...shape);
  return Int32Array.from({ length: elementCount(shape) }, () => random.integer(numClasses));
}

it.each(architectures.map((architecture) => architecture.name))(
  "%s gives every parameter a gradient that is finite and not zero, and moves every running statistic",
  async (name) => {
    const network = smallNetwork(name);
    const [height, width] = legalSides(network, [97, 131], [30, 45]).map(({ input }) => input);
    const shape = [2, 3, height!, width!];
    const { graph, state, outputs } = buildSmall(network, "train", shape, numClasses);
    const target = graph.constant(randomClasses([2, height!, width!]), [2, height!, width!]);
    // The mean of squares depends on every logit and is not flat where a softmax is.
    const heads = [outputs.logits, ...(outputs.aux ?? []).map((head) => head.logits)];
    const loss = [
      ...heads.map((logits) => ReduceMean(Mul(logits, logits))),
      ...(outputs.sideLosses ?? []).map((side) => side.loss(target)),
    ].reduce((a, b) => Add(a, b));
    const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
    const slopes = gradients(
      loss,
      parameters.map(({ value }) => value),
    );
    for (const [i, { name: parameter }] of parameters.entries()) {
      expect(slopes[i], `gradient of ${parameter}`).not.toBeNull();
      graph.output(`gradient of ${parameter}`, slopes[i]!);
    }
    for (const [buffer, value] of state.updates) graph.output(`updated ${buffer}`, value);
    const feeds = { ...startingValues()(state), image: randomImage(shape), seed: int32([1], [1]) };
    const results = await run(graph, feeds);
    for (const [result, tensor] of Object.entries(results)) expect(allFinite(tensor), result).toBe(true);
    const withoutEffect = biasesWithoutEffect(graph);
    for (const { name: parameter } of parameters)
      if (!withoutEffect.has(parameter))
        expect(largest(results[`gradient of ${parameter}`]!), `gradient of ${parameter}`).toBeGreaterThan(0);
    expect([...state.updates.keys()].sort()).toEqual([...state.specs.keys()].filter(isStatistic).sort());
  },
);
