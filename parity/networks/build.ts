/** @file Building our counterpart of a reference network, and running its graph. */
import { Graph, verify, writeModel } from "../../src/graph/index.js";
import type { Value } from "../../src/graph/types.js";
import type { NetworkOutputs } from "../../src/models/model.js";
import { type Mode, NetworkState, Scope } from "../../src/nn/scope.js";
import { encodeModel } from "../../src/onnx/model.js";
import { Session, type Tensors } from "../../src/runtime/session.js";
import type { Tensor } from "../../src/runtime/tensor.js";
import type { FixtureTensor } from "./fixture.js";
import type { ReferenceNetwork } from "./references/index.js";

export interface Built {
  readonly graph: Graph;
  readonly state: NetworkState;
  readonly image: Value;
  readonly outputs: NetworkOutputs;
}

export function build(
  network: ReferenceNetwork,
  mode: Mode,
  shape: readonly number[],
  dtype: "float32" | "float64" = "float32",
): Built {
  const graph = new Graph();
  const state = new NetworkState(graph, mode, { dtype });
  const image = graph.input("image", dtype, shape);
  return { graph, state, image, outputs: network(new Scope(state), image) };
}

/** Our outputs under the fixture's names: the first is the prediction, the others are auxiliary heads in their order. */
export function named(
  outputs: NetworkOutputs,
  expected: { readonly [name: string]: FixtureTensor },
): { readonly [name: string]: Value } {
  const ours = [outputs.logits, ...(outputs.aux ?? []).map((head) => head.logits)];
  return Object.fromEntries(Object.keys(expected).flatMap((name, i) => (ours[i] ? [[name, ours[i]]] : [])));
}

export async function run(
  graph: Graph,
  feeds: Tensors,
  target: "cpu" | "reference" = "cpu",
): Promise<{ [name: string]: Tensor }> {
  verify(graph);
  const session = await Session.create(encodeModel(writeModel(graph, { target })), { threads: 2 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}
