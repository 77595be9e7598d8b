/** @file Running a graph on given numbers, and checking its gradients by central differences in float64. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { gradients } from "../src/autodiff/index.js";
import { type DType, Graph, Mul, ReduceSum, type Target, type Value, verify, writeModel } from "../src/graph/index.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import type { Tensor } from "../src/runtime/tensor.js";
import { Random } from "../src/util/random.js";

/** Path inside the shared folder beside the project; `present` tells whether it is there. */
export function shared(path: string): { path: string; present: boolean } {
  const full = fileURLToPath(new URL(`../../shared/${path}`, import.meta.url));
  return { path: full, present: existsSync(full) };
}

/** Runs a graph with outputs named, on the CPU. */
export async function evaluate(
  graph: Graph,
  feeds: { [name: string]: Tensor },
  target: Target = "cpu",
): Promise<{ [name: string]: Tensor }> {
  verify(graph);
  const session = await Session.create(encodeModel(writeModel(graph, { target })), { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

export interface GradientCheck {
  /** Shapes of the inputs, by name; each gets random numbers in [low, high). */
  readonly inputs: { readonly [name: string]: readonly number[] };
  readonly low?: number;
  readonly high?: number;
  readonly seed?: number;
  /** Builds the function whose gradients are checked. */
  build(inputs: { [name: string]: Value }): Value;
}

function random(shape: readonly number[], random: Random, low: number, high: number): Tensor {
  const data = Float64Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.between(low, high));
  return { dtype: "float64", shape, data };
}

function construct(check: GradientCheck, dtype: DType): { graph: Graph; inputs: { [name: string]: Value }; y: Value } {
  const graph = new Graph();
  const inputs = Object.fromEntries(
    Object.entries(check.inputs).map(([name, shape]) => [name, graph.input(name, dtype, shape)]),
  );
  return { graph, inputs, y: check.build(inputs) };
}

/** Gradients of sum(y * weights) by the rules, and by central differences of the forward graph, both in float64: they agree to 1e-6. */
export async function checkGradients(check: GradientCheck): Promise<void> {
  const stream = new Random(check.seed ?? 1, "gradient check");
  const { low = -1, high = 1 } = check;
  const feeds: { [name: string]: Tensor } = {};
  for (const [name, shape] of Object.entries(check.inputs)) feeds[name] = random(shape, stream, low, high);
  const shapeOf = construct(check, "float64").y.shape as number[];
  const weights = random(shapeOf, stream, -1, 1);

  const build = () => {
    const made = construct(check, "float64");
    const w = made.graph.input("weights of the sum", "float64", shapeOf);
    return { ...made, loss: ReduceSum(Mul(made.y, w)) };
  };
  const analytic = build();
  const values = Object.values(analytic.inputs);
  const found = gradients(analytic.loss, values);
  for (const [i, name] of Object.keys(analytic.inputs).entries())
    if (found[i]) analytic.graph.output(`d ${name}`, found[i]);
  const results = await evaluate(analytic.graph, { ...feeds, "weights of the sum": weights }, "reference");

  const forward = build();
  forward.graph.output("loss", forward.loss);
  verify(forward.graph);
  const session = await Session.create(encodeModel(writeModel(forward.graph, { target: "reference" })), { threads: 1 });
  const lossAt = async (changed: { [name: string]: Tensor }) =>
    (await session.run({ ...changed, "weights of the sum": weights })).loss!.data[0] as number;
  const step = 1e-5;
  for (const [name, tensor] of Object.entries(feeds)) {
    const gradient = results[`d ${name}`];
    expect(gradient, `gradient with respect to ${name}`).toBeDefined();
    const numeric = new Float64Array(tensor.data.length);
    for (let i = 0; i < numeric.length; i++) {
      const at = async (delta: number) => {
        const data = Float64Array.from(tensor.data as Float64Array);
        data[i] = data[i]! + delta;
        return lossAt({ ...feeds, [name]: { ...tensor, data } });
      };
      numeric[i] = ((await at(step)) - (await at(-step))) / (2 * step);
    }
    expect(Array.from(gradient!.data as Float64Array)).toBeAllclose(numeric, { rtol: 1e-6, atol: 1e-7 });
  }
  await session.release();
}
