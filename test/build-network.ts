/** @file An architecture built into a graph by itself, for tests of what the graph holds. */
import { Graph, type Shape, symbol, type Value } from "../src/graph/index.js";
import type { NetworkOutputs } from "../src/models/model.js";
import type { GivenOptions } from "../src/models/options.js";
import { chooseNetwork } from "../src/models/registry.js";
import { type Mode, NetworkState, Scope } from "../src/nn/scope.js";
import { elementCount } from "../src/runtime/tensor.js";

export interface BuiltNetwork {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly image: Value;
  readonly outputs: NetworkOutputs;
  /** Number of trainable values. */
  readonly parameters: number;
}

/** The network of a name for images of a shape [N, C, H, W]. */
export function buildNetwork(
  name: string,
  options: GivenOptions,
  shape: Shape,
  numClasses: number,
  mode: Mode = "eval",
): BuiltNetwork {
  const choice = chooseNetwork(name, options);
  const graph = new Graph();
  const state = new NetworkState(graph, mode);
  const image = graph.input("image", "float32", shape);
  const outputs = choice.architecture.build(new Scope(state), image, numClasses, choice.options);
  const trainable = Array.from(state.specs.values()).filter(({ kind }) => kind === "parameter");
  return {
    graph,
    state,
    image,
    outputs,
    parameters: trainable.reduce((sum, spec) => sum + elementCount(spec.shape), 0),
  };
}

/** Images of unknown number and size with `channels` channels. */
export const anyImages = (channels = 3): Shape => [symbol("batch"), channels, symbol("height"), symbol("width")];
