/** @file What the contract suites share: architectures built small, with values for everything they are fed, and run. */
import { Graph, type Shape, verify, writeModel } from "../../src/graph/index.js";
import type { NetworkOutputs } from "../../src/models/model.js";
import { chooseNetwork, type NetworkChoice } from "../../src/models/registry.js";
import { initialize, kaimingNormal } from "../../src/nn/initializers.js";
import { type Mode, NetworkState, Scope, type StateSpec } from "../../src/nn/scope.js";
import { encodeModel } from "../../src/onnx/model.js";
import { Session } from "../../src/runtime/session.js";
import { elementCount, float32, type Tensor } from "../../src/runtime/tensor.js";
import { Random } from "../../src/util/random.js";
import { small } from "../small-networks.js";

/** The architecture of a name with options that make it small. */
export const smallNetwork = (name: string): NetworkChoice => chooseNetwork(name, small[name]);

/** A side of an image, and what of it comes out. */
export interface Side {
  readonly input: number;
  readonly output: number;
}

/** Sides that the network takes: as they are, or as large as it needs for an output of at least that many pixels. */
export function legalSides(
  { architecture, options }: NetworkChoice,
  whole: readonly number[],
  middle: readonly number[],
) {
  return architecture.inputFor
    ? middle.map((side): Side => architecture.inputFor!(side, options))
    : whole.map((side): Side => ({ input: side, output: side }));
}

export interface BuiltNetwork {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly outputs: NetworkOutputs;
}

/** The network for images of a shape [N, C, H, W], in a graph with the input `image` and no output. */
export function buildSmall(
  { architecture, options }: NetworkChoice,
  mode: Mode,
  shape: Shape,
  numClasses: number,
): BuiltNetwork {
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", shape);
  return { graph, state, outputs: architecture.build(new Scope(state), image, numClasses, options) };
}

/** Starting value of one tensor; kernels that start at zero (FCN's scores) do not: nothing could be seen behind them. */
function startOf(spec: StateSpec): Tensor {
  const [[, value]] = [...initialize([spec], 1)] as [[string, Float32Array]];
  if (spec.shape.length < 2 || value.some((v) => v !== 0)) return float32(value, spec.shape);
  return float32(kaimingNormal(spec.shape, new Random(1, "instead of zeros", spec.name)), spec.shape);
}

/** Gives the seeded starting values of networks, and the same tensors again for equal names and shapes: millions of random numbers take a second. */
export function startingValues(): (state: NetworkState) => { [name: string]: Tensor } {
  const known = new Map<string, Tensor>();
  return ({ specs }) =>
    Object.fromEntries(
      Array.from(specs.values(), (spec) => {
        const key = `${spec.name} [${spec.shape}]`;
        if (!known.has(key)) known.set(key, startOf(spec));
        return [spec.name, known.get(key)!];
      }),
    );
}

/** Images [N, C, H, W] of noise between -1 and 1. */
export function randomImage(shape: readonly number[]): Tensor {
  const random = new Random(1, "image", ...shape);
  return float32(
    Float32Array.from({ length: elementCount(shape) }, () => random.between(-1, 1)),
    shape,
  );
}

/** A session of a graph as written. */
export async function open(graph: Graph, target: "cpu" | "portable" = "cpu"): Promise<Session> {
  verify(graph);
  return Session.create(encodeModel(writeModel(graph, { target })), { threads: 1 });
}

/** All outputs of a graph for these inputs. */
export async function run(graph: Graph, feeds: { [name: string]: Tensor }): Promise<{ [name: string]: Tensor }> {
  const session = await open(graph);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

export const allFinite = ({ data }: Tensor): boolean => (data as Float32Array).every(Number.isFinite);

/** The largest absolute value. */
export const largest = ({ data }: Tensor): number =>
  (data as Float32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** Whether a buffer is a BatchNorm's running statistic, which training moves; others are fixed kernels. */
export const isStatistic = (name: string): boolean => /\.running_(mean|var)$/.test(name);

/** Biases of convolutions in front of a BatchNorm in train mode, which takes them away again: their gradient is zero but for rounding. */
export function biasesWithoutEffect({ nodes }: Graph): Set<string> {
  const names = nodes
    .filter(({ op }) => op === "BatchNormTraining")
    .map(({ inputs: [x] }) => x!.source)
    .map((source) => (source.kind === "node" ? source.node.inputs[2]?.source : undefined));
  return new Set(names.flatMap((source) => (source?.kind === "parameter" ? [source.name] : [])));
}
