import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hashed } from "../parity/hash.js";
import { gradients } from "../src/autodiff/index.js";
import { Graph, Mul, ReduceMean } from "../src/graph/index.js";
import { chooseNetwork } from "../src/models/registry.js";
import { NetworkState, Scope } from "../src/nn/scope.js";
import { elementCount, type Tensor } from "../src/runtime/tensor.js";
import { evaluate } from "./evaluate.js";

/** Written by scripts/make-golden-unimatch.py; samples are every 97th element. */
interface Golden {
  readonly shape: readonly number[];
  readonly classes: number;
  readonly cases: readonly {
    readonly encoder: string;
    readonly parameters: number;
    readonly eval: readonly number[];
    readonly train: readonly number[];
    readonly gradientNorms: { readonly [parameter: string]: number };
    readonly runningVariances: { readonly [buffer: string]: readonly number[] };
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL("golden/unimatch.json", import.meta.url), "utf8"));

const float64 = (data: Float32Array, shape: readonly number[]): Tensor => ({
  dtype: "float64",
  shape,
  data: Float64Array.from(data),
});

/** The value of a tensor of the state for a number u in [0, 1). */
function fill(name: string, shape: readonly number[]): Tensor {
  const width = Math.sqrt(3 / elementCount(shape.slice(1))) * Math.SQRT2;
  const spread = name.endsWith("weight") || name.endsWith("running_var");
  const value = (u: number): number =>
    shape.length > 1 ? (2 * u - 1) * width : spread ? 0.75 + 0.5 * u : 0.2 * (u - 0.5);
  return float64(hashed(name, elementCount(shape), value), shape);
}

function build(encoder: string, mode: "train" | "eval") {
  const { architecture, options } = chooseNetwork("deeplabv3plus-unimatch", { encoder });
  const graph = new Graph();
  const state = new NetworkState(graph, mode, { dtype: "float64" });
  const image = graph.input("image", "float64", golden.shape);
  const { logits } = architecture.build(new Scope(state), image, golden.classes, options);
  const feeds: { [name: string]: Tensor } = {
    image: float64(hashed("input", elementCount(golden.shape)), golden.shape),
  };
  for (const { name, shape } of state.specs.values()) feeds[name] = fill(name, shape);
  return { graph, state, logits, feeds };
}

const samples = ({ data }: Tensor): number[] => Array.from(data as Float64Array).filter((_, i) => i % 97 === 0);
const norm = ({ data }: Tensor): number => Math.sqrt((data as Float64Array).reduce((sum, v) => sum + v * v, 0));

describe.each(golden.cases)("deeplabv3plus-unimatch over $encoder equals UniMatch's, in float64", (expected) => {
  it("has as many parameters and the same logits in eval mode", async () => {
    const { graph, state, logits, feeds } = build(expected.encoder, "eval");
    const parameters = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
    expect(parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(expected.parameters);
    graph.output("logits", logits);
    const found = samples((await evaluate(graph, feeds, "reference")).logits!);
    expect(found).toBeAllclose(expected.eval, { rtol: 1e-6, atol: 1e-6 });
  });

  it("has the same logits, gradients of their mean square and running variances in train mode", async () => {
    const { graph, state, logits, feeds } = build(expected.encoder, "train");
    const watched = Object.keys(expected.gradientNorms);
    const slopes = gradients(
      ReduceMean(Mul(logits, logits)),
      watched.map((name) => state.specs.get(name)!.value),
    );
    graph.output("logits", logits);
    for (const [i, name] of watched.entries()) graph.output(`gradient of ${name}`, slopes[i]!);
    for (const name of Object.keys(expected.runningVariances))
      graph.output(`updated ${name}`, state.updates.get(name)!);
    const found = await evaluate(graph, feeds, "reference");
    expect(samples(found.logits!)).toBeAllclose(expected.train, { rtol: 1e-6, atol: 1e-6 });
    for (const [name, values] of Object.entries(expected.runningVariances))
      expect(samples(found[`updated ${name}`]!)).toBeAllclose(values, { rtol: 1e-6, atol: 1e-6 });
    const norms = watched.map((name) => norm(found[`gradient of ${name}`]!));
    expect(norms).toBeAllclose(Object.values(expected.gradientNorms), { rtol: 1e-6, atol: 0 });
  });
});
