/**
 * @file Runs the fixtures of single operators: builds each case's inputs by the hash, and compares every output and every
 * gradient of `sum(out * g)` with PyTorch's float32 numbers.
 */
import { gradients } from "../../src/autodiff/index.js";
import { Add, Graph, Mul, ReduceSum, type Target, type Value, verify, writeModel } from "../../src/graph/index.js";
import { encodeModel } from "../../src/onnx/model.js";
import { Session } from "../../src/runtime/session.js";
import { elementCount, float32, int32, type Tensor } from "../../src/runtime/tensor.js";
import type { ParityCase } from "../case.js";
import { hashed, seedOf, uniform } from "../hash.js";

/** How an input is made; see `inputs_are` in the fixture files. */
export interface FixtureInput {
  readonly shape: readonly number[];
  readonly seed?: string;
  readonly scale?: number;
  readonly shift?: number;
  /** Numbers in [0, scale) instead of [-scale, scale). */
  readonly pos?: boolean;
  /** Rounded to multiples of this, so that ties occur. */
  readonly quant?: number;
  readonly dtype?: "int";
  readonly classes?: number;
  readonly ignore?: number;
  readonly data?: readonly number[];
}

// biome-ignore lint/suspicious/noExplicitAny: attributes are read from JSON; each builder knows those of its own operator.
export type FixtureAttributes = any;

export interface FixtureCase {
  readonly name: string;
  readonly attrs: FixtureAttributes & { readonly op: string };
  readonly inputs: { readonly [name: string]: FixtureInput };
  readonly outputs: {
    readonly [name: string]: { readonly shape: readonly number[]; readonly values: readonly number[] };
  };
  readonly grads?: { readonly [name: string]: readonly number[] };
  readonly f32_error?: number;
}

export interface OpFixture {
  readonly file: string;
  readonly cases: readonly FixtureCase[];
}

/** Builds one case: every output of the fixture by its name. Whole-number inputs arrive as int32. */
export type CaseBuilder = (
  inputs: { readonly [name: string]: Value },
  attrs: FixtureAttributes,
  graph: Graph,
) => { readonly [name: string]: Value };

/** Builders by the fixture's `attrs.op`. */
export type OpTable = { readonly [op: string]: CaseBuilder };

/** An input's numbers. */
export function inputTensor({ shape, scale = 1, shift = 0, ...input }: FixtureInput): Tensor {
  const count = elementCount(shape);
  const seed = seedOf(input.seed ?? "");
  if (input.dtype === "int") {
    const label = (i: number): number =>
      input.ignore !== undefined && i % 17 === 16 ? input.ignore : Math.floor(uniform(seed, i) * (input.classes ?? 1));
    return int32(input.data ?? Array.from({ length: count }, (_, i) => label(i)), shape);
  }
  if (input.data) return float32(input.data, shape);
  const { quant } = input;
  const value = (u: number): number => {
    const v = shift + scale * (input.pos ? u : 2 * u - 1);
    return quant ? Math.floor(v / quant + 0.5) * quant : v;
  };
  return float32(hashed(input.seed ?? "", count, value), shape);
}

/** Outputs that PyTorch does not differentiate, and that therefore have no part in the fixtures' scalar. */
const isSummed = (name: string, value: Value): boolean =>
  value.dtype.startsWith("float") && !["running_mean", "running_var", "indices"].includes(name);

/** The case as a graph with its outputs, its gradients (named `gradient of x`) and all feeds. */
function buildCase(fixture: FixtureCase, build: CaseBuilder): { graph: Graph; feeds: { [name: string]: Tensor } } {
  const graph = new Graph();
  const feeds: { [name: string]: Tensor } = {};
  const inputs: { [name: string]: Value } = {};
  for (const [name, input] of Object.entries(fixture.inputs)) {
    feeds[name] = inputTensor(input);
    inputs[name] = graph.input(name, feeds[name].dtype, feeds[name].shape);
  }
  const made = build(inputs, fixture.attrs, graph);
  const outputs = Object.keys(fixture.outputs).flatMap((name): [string, Value][] =>
    made[name] ? [[name, made[name]]] : [],
  );
  for (const [name, value] of outputs) graph.output(name, value);
  const wanted = Object.keys(fixture.grads ?? {});
  if (wanted.length === 0) return { graph, feeds };
  const terms = outputs.flatMap(([name, value]) => {
    if (!isSummed(name, value)) return [];
    const shape = value.shape as number[];
    const weight = name === "out" ? "g" : `g_${name}`;
    feeds[weight] = float32(hashed(weight, elementCount(shape)), shape);
    return [ReduceSum(Mul(value, graph.input(weight, "float32", shape)))];
  });
  const found = gradients(
    terms.reduce((a, b) => Add(a, b)),
    wanted.map((name) => inputs[name]!),
  );
  for (const [i, name] of wanted.entries()) if (found[i]) graph.output(`gradient of ${name}`, found[i]);
  return { graph, feeds };
}

/** The largest difference of two lists of numbers as a share of what the fixture's own rounding error allows. */
function compare(
  what: string,
  actual: ArrayLike<number | bigint>,
  expected: readonly number[],
  error: number,
): Difference {
  if (actual.length !== expected.length) return { what: `${what} has ${actual.length} numbers`, share: Infinity };
  const largest = expected.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  const allowed = Math.max(20 * error, 1e-5) * (largest || 1);
  let worst = 0;
  for (const [i, e] of expected.entries()) {
    const a = Number(actual[i]);
    const difference = Object.is(a, e) || a === e ? 0 : Math.abs(a - e);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return { what: `${what} within ${worst.toExponential(1)} of ${largest.toExponential(1)}`, share: worst / allowed };
}

interface Difference {
  readonly what: string;
  /** Above 1 it fails. */
  readonly share: number;
}

async function runCase(fixture: FixtureCase, build: CaseBuilder, target: Target): Promise<Difference[]> {
  const { graph, feeds } = buildCase(fixture, build);
  verify(graph);
  const session = await Session.create(encodeModel(writeModel(graph, { target })), { threads: 1 });
  try {
    const results = await session.run(feeds);
    const error = fixture.f32_error ?? 0;
    const outputs = Object.entries(fixture.outputs).map(([name, { values }]) =>
      compare(name, results[name]?.data ?? [], values, error),
    );
    const slopes = Object.entries(fixture.grads ?? {}).map(([name, values]) =>
      // A missing gradient is a gradient of zero.
      compare(`gradient of ${name}`, results[`gradient of ${name}`]?.data ?? values.map(() => 0), values, error),
    );
    return [...outputs, ...slopes].map(({ what, share }) => ({ what: `${target}: ${what}`, share }));
  } finally {
    await session.release();
  }
}

/** Runs all cases of a fixture file on the CPU, in the fastest and in the portable form. */
export async function* runCases(
  fixture: OpFixture,
  table: OpTable,
  targets: readonly Target[] = ["cpu", "portable"],
): AsyncGenerator<ParityCase> {
  for (const item of fixture.cases) {
    const name = `${fixture.file} ${item.name}`;
    const build = table[item.attrs.op];
    if (!build) {
      yield { name, passed: false, detail: `no operator "${item.attrs.op}"` };
      continue;
    }
    try {
      const differences = (await Promise.all(targets.map((target) => runCase(item, build, target)))).flat();
      const worst = differences.reduce((a, b) => (b.share > a.share ? b : a));
      yield { name, passed: worst.share <= 1, detail: worst.what };
    } catch (error) {
      yield { name, passed: false, detail: String((error as Error).message ?? error) };
    }
  }
}
