/** @file What every architecture of the registry must do; a new one is tested by being listed. */
import { describe, expect, it } from "vitest";
import { gradients } from "../src/autodiff/index.js";
import { Add, Graph, Mul, ReduceMean, type Shape, symbol, type Value, verify, writeModel } from "../src/graph/index.js";
import type { NetworkOutputs } from "../src/models/model.js";
import { architectures, chooseNetwork } from "../src/models/registry.js";
import { initialize, kaimingNormal } from "../src/nn/initializers.js";
import { type Mode, NetworkState, Scope } from "../src/nn/scope.js";
import { encodeModel } from "../src/onnx/model.js";
import { Session } from "../src/runtime/session.js";
import { float32, int32, type Tensor } from "../src/runtime/tensor.js";
import { Random } from "../src/util/random.js";
import { small } from "./small-networks.js";

interface Network {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly image: Value;
  readonly outputs: NetworkOutputs;
}

function build(name: string, mode: Mode, shape: Shape, numClasses: number): Network {
  const { architecture, options } = chooseNetwork(name, small[name]);
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", shape);
  return { graph, state, image, outputs: architecture.build(new Scope(state), image, numClasses, options) };
}

/** Starting values, except that kernels which start at zero (FCN's scores) do not: nothing could be seen behind them. */
function weights({ specs }: NetworkState): { [name: string]: Tensor } {
  const values = initialize(specs.values(), 1);
  for (const [name, value] of values)
    if (specs.get(name)!.shape.length > 1 && value.every((v) => v === 0))
      values.set(name, kaimingNormal(specs.get(name)!.shape, new Random(1, "instead of zeros", name)));
  return Object.fromEntries(Array.from(specs.values(), ({ name, shape }) => [name, float32(values.get(name)!, shape)]));
}

function randomImage(shape: readonly number[]): Tensor {
  const random = new Random(1, "image", ...shape);
  return float32(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.between(-1, 1)),
    shape,
  );
}

async function open(graph: Graph): Promise<Session> {
  verify(graph);
  return Session.create(encodeModel(writeModel(graph, { target: "cpu" })), { threads: 2 });
}

async function run(graph: Graph, feeds: { [name: string]: Tensor }): Promise<{ [name: string]: Tensor }> {
  const session = await open(graph);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Biases of convolutions in front of a BatchNorm in train mode, which takes them away again: their gradient is zero but for rounding. */
function biasesWithoutEffect({ nodes }: Graph): Set<string> {
  const names = nodes
    .filter(({ op }) => op === "BatchNormTraining")
    .map(({ inputs: [x] }) => x!.source)
    .map((source) => (source.kind === "node" ? source.node.inputs[2]?.source : undefined));
  return new Set(names.flatMap((source) => (source?.kind === "parameter" ? [source.name] : [])));
}

const finite = (data: Tensor["data"]): boolean => (data as Float32Array).every(Number.isFinite);

describe.each(architectures.map((architecture) => architecture.name))("%s", (name) => {
  const { architecture, options } = chooseNetwork(name, small[name]);
  /** Two legal image sizes and the sizes of the logits for them. */
  const sizes = architecture.keepsSize
    ? ([97, 131, 64, 40] as const).map((side) => ({ input: side, output: side }))
    : [30, 45, 20, 36].map((side) => architecture.inputFor!(side, options));
  const [height, width, height2, width2] = sizes as [Side, Side, Side, Side];
  interface Side {
    readonly input: number;
    readonly output: number;
  }

  it.each([
    [1, 2],
    [3, 21],
    [4, 2],
    [13, 21],
  ])("takes %i channels to %i classes, finite, at an odd size", async (channels, numClasses) => {
    const shape = [1, channels, height.input, width.input];
    const { graph, state, outputs } = build(name, "eval", shape, numClasses);
    graph.output("logits", outputs.logits);
    const { logits } = await run(graph, { ...weights(state), image: randomImage(shape) });
    expect(logits!.shape).toEqual([1, numClasses, height.output, width.output]);
    expect(finite(logits!.data)).toBe(true);
    expect(state.usesSeed).toBe(false);
  });

  it("gives every parameter a gradient that is finite and not zero", async () => {
    const shape = [2, 3, height.input, width.input];
    const { graph, state, outputs } = build(name, "train", shape, 3);
    // The mean of squares depends on every logit and is not flat where a softmax is.
    const heads = [outputs.logits, ...(outputs.aux ?? []).map((head) => head.logits)];
    const loss = heads.map((logits) => ReduceMean(Mul(logits, logits))).reduce((a, b) => Add(a, b));
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
    const feeds = { ...weights(state), image: randomImage(shape), seed: int32([1], [1]) };
    const results = await run(graph, feeds);
    for (const [result, { data }] of Object.entries(results)) expect(finite(data), result).toBe(true);
    const withoutEffect = biasesWithoutEffect(graph);
    for (const { name: parameter } of parameters) {
      if (withoutEffect.has(parameter)) continue;
      const largest = (results[`gradient of ${parameter}`]!.data as Float32Array).reduce(
        (m, v) => Math.max(m, Math.abs(v)),
        0,
      );
      expect(largest, `gradient of ${parameter}`).toBeGreaterThan(0);
    }
    // Every statistic is moved by a training step; buffers of other names are fixed kernels.
    const buffers = Array.from(state.specs.values()).filter(({ name: buffer }) => /\.running_(mean|var)$/.test(buffer));
    expect([...state.updates.keys()].sort()).toEqual(buffers.map((spec) => spec.name).sort());
  });

  it("gives the same with symbolic sizes as with known ones, at two sizes", async () => {
    const symbolic = build(name, "eval", [symbol("batch"), 3, symbol("height"), symbol("width")], 3);
    symbolic.graph.output("logits", symbolic.outputs.logits);
    const session = await open(symbolic.graph);
    for (const [n, h, w] of [
      [1, height, width],
      [2, height2, width2],
    ] as const) {
      const shape = [n, 3, h.input, w.input];
      const known = build(name, "eval", shape, 3);
      known.graph.output("logits", known.outputs.logits);
      const feeds = { ...weights(known.state), image: randomImage(shape) };
      const expected = (await run(known.graph, feeds)).logits!;
      const found = (await session.run(feeds)).logits!;
      expect(found.shape).toEqual(expected.shape);
      const data = expected.data as Float32Array;
      const largest = data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      expect(found.data as Float32Array).toBeAllclose(data, { rtol: 0, atol: 1e-5 * largest });
    }
    await session.release();
  });
});
