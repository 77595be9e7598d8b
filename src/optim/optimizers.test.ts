import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { optimizerCases } from "../../parity/optim.js";
import { evaluate, shared } from "../../test/evaluate.js";
import { Graph } from "../graph/index.js";
import { float32, type Tensor } from "../runtime/tensor.js";
import { buildOptimizer, type OptimizerName, type OptimizerOptions, optimizerSchema, optimizers } from "./index.js";

const fixture = shared("parity/optim/optimizers.json");
it.skipIf(!fixture.present)("all optimizers equal torch.optim over 5 steps within 1e-5", async () => {
  const cases = [];
  for await (const outcome of optimizerCases(JSON.parse(readFileSync(fixture.path, "utf8")))) cases.push(outcome);
  expect(cases.filter(({ passed }) => !passed)).toEqual([]);
  expect(cases).toHaveLength(29);
});

/** Follows one number whose gradient is `slope(number)` for some steps; the numbers after each. */
async function follow(
  options: OptimizerOptions,
  slope: (x: number) => number,
  {
    start = 1,
    steps = 10,
    learningRate = 0.1,
    momentum,
  }: { start?: number; steps?: number; learningRate?: number; momentum?: number } = {},
): Promise<number[]> {
  const optimizer = buildOptimizer(options);
  const graph = new Graph();
  const input = (name: string, shape: readonly number[]) => graph.input(name, "float32", shape);
  const slots = optimizer.slots([1]);
  const { parameter, slots: next } = optimizer.update({
    parameter: input("parameter", [1]),
    gradient: input("gradient", [1]),
    slots: Object.fromEntries(slots.map((slot) => [slot.name, input(slot.name, slot.shape as number[])])),
    learningRate: input("rate", []),
    step: input("step", []),
    ...(momentum === undefined ? {} : { momentum: input("cycled", []) }),
  });
  graph.output("next parameter", parameter);
  for (const [name, value] of Object.entries(next)) graph.output(`next ${name}`, value);
  let state: { [name: string]: Tensor } = { parameter: float32([start], [1]) };
  for (const { name, shape, initial } of slots) state[name] = float32([initial], shape as number[]);
  const path: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const results = await evaluate(graph, {
      ...state,
      gradient: float32([slope(state.parameter!.data[0] as number)], [1]),
      rate: float32([learningRate], []),
      step: float32([step], []),
      ...(momentum === undefined ? {} : { cycled: float32([momentum], []) }),
    });
    state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`next ${name}`]!]));
    path.push(state.parameter!.data[0] as number);
  }
  return path;
}

/** The gradient of (x - 3)^2. */
const toThree = (x: number): number => 2 * (x - 3);

describe.each(Object.keys(optimizers) as OptimizerName[])("optimizer %s", (name) => {
  it("walks towards the minimum", async () => {
    const path = await follow({ name, weightDecay: 0 }, toThree, { steps: 8, learningRate: 0.05 });
    expect(path.every((x, i) => x > (path[i - 1] ?? 1) && x < 5)).toBe(true);
  });

  it("refuses options that it does not know", () => {
    expect(() => buildOptimizer({ name, speed: 1 })).toThrow(`optimizer ${name} was given speed = 1`);
  });

  it("is described by JSON that the schema of all optimizers accepts, with its weight decay filled in", () => {
    expect(optimizerSchema.parse({ name })).toMatchObject({ name, weightDecay: name === "adamW" ? 0.01 : 0 });
  });
});

it("radam normalises from the sixth step on, as the paper's Algorithm 2 computed in float64", async () => {
  const [beta1, beta2, rate] = [0.9, 0.999, 0.1];
  const expected: number[] = [];
  let [x, m, v] = [1, 0, 0];
  for (let t = 1; t <= 12; t++) {
    const g = toThree(x);
    [m, v] = [beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g];
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * t * beta2 ** t) / (1 - beta2 ** t);
    const rectified = Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
    const spread = Math.sqrt(v / (1 - beta2 ** t)) + 1e-8;
    x -= ((rate * m) / (1 - beta1 ** t)) * (length > 5 ? rectified / spread : 1);
    expected.push(x);
  }
  expect(await follow({ name: "radam" }, toThree, { steps: 12 })).toBeAllclose(expected, { rtol: 1e-4 });
});

it("asgd's average is the mean of the parameter from its start on", async () => {
  const graph = new Graph();
  const scalar = (name: string) => graph.input(name, "float32", []);
  const { slots } = buildOptimizer({ name: "asgd", start: 2, lambda: 0 }).update({
    parameter: graph.input("p", "float32", [1]),
    gradient: graph.input("g", "float32", [1]),
    slots: { average: graph.input("a", "float32", [1]) },
    learningRate: scalar("rate"),
    step: scalar("step"),
  });
  graph.output("average", slots.average!);
  const feeds = { p: float32([7], [1]), g: float32([1], [1]), a: float32([4], [1]), rate: float32([1], []) };
  // p - g = 6; at step 6 it is the 3rd after the two steps and the one behind them: 4 + (6 - 4) / 3.
  const { average } = await evaluate(graph, { ...feeds, step: float32([6], []) });
  expect(average!.data as Float32Array).toBeAllclose([4 + 2 / 3]);
});

it("a cyclic schedule's momentum takes the place of the option", async () => {
  const options = { start: 1, steps: 4, learningRate: 0.05 };
  const cycled = await follow({ name: "sgd", momentum: 0.1 }, toThree, { ...options, momentum: 0.9 });
  expect(cycled).toBeAllclose(await follow({ name: "sgd", momentum: 0.9 }, toThree, options));
  const adam = await follow({ name: "adam" }, toThree, { ...options, momentum: 0.5 });
  expect(adam).toBeAllclose(await follow({ name: "adam", beta1: 0.5 }, toThree, options));
});

it("an unknown optimizer is named with the nearest known one", () => {
  expect(() => buildOptimizer({ name: "adamw" as OptimizerName })).toThrow(/optimizer adamw; .* Did you mean adamW\?/);
});
