/** @file The encoder inside a network: which of the network's tensors are its, and up to which feature map. */
import { findEncoder } from "../encoders/registry.js";
import { Graph, leafName, type Value } from "../graph/index.js";
import { neededNodes } from "../graph/lower.js";
import { encoderNames } from "../models/index.js";
import { NetworkState, Scope, type StateSpec } from "../nn/scope.js";
import type { NetworkSpec } from "./step.js";

type Size = readonly [height: number, width: number];

export interface EncoderTensors {
  /** Names of the network's tensors that each feature map needs, those of finer maps included; the first map first. */
  readonly stages: readonly ReadonlySet<string>[];
  /** Names of the classifier that the encoder comes from, as it calls them itself. */
  readonly classifier: ReadonlySet<string>;
}

/** Side of the image that an encoder is built for to learn its names: large enough for all of its stages. */
const side = 320;

/** Parameters and buffers of a network, in the order of its layers. Nothing is computed for it but shapes. */
export function networkTensors({ architecture, options, channels, numClasses }: NetworkSpec, size: Size): StateSpec[] {
  const graph = new Graph();
  const state = new NetworkState(graph, "train");
  // Two images: one alone may leave a norm with a single value.
  architecture.build(new Scope(state), graph.input("image", "float32", [2, channels, ...size]), numClasses, options);
  return [...state.specs.values()];
}

/** Name of the encoder that a network's options choose; undefined for networks that have none by name. */
export function encoderName({ options }: Pick<NetworkSpec, "options">): string | undefined {
  return [options.encoder, options.backbone].find(
    (name): name is string => typeof name === "string" && encoderNames.includes(name),
  );
}

/** Names of the tensors that a value depends on. */
function tensorsBelow(value: Value): Set<string> {
  const names = new Set<string>();
  for (const { inputs } of neededNodes([value]))
    for (const input of inputs)
      if (input && (input.source.kind === "parameter" || input.source.kind === "buffer")) names.add(leafName(input)!);
  return names;
}

/**
 * The tensors of a network's encoder, found by building the encoder alone and looking for its names in the network.
 *
 * @returns undefined for a network without an encoder of the registry
 */
export function encoderTensors(network: NetworkSpec, size: Size): EncoderTensors | undefined {
  const name = encoderName(network);
  if (name === undefined) return undefined;
  const encoder = findEncoder(name);
  const own = new Set(networkTensors(network, size).map((tensor) => tensor.name));
  const alone = (build: (scope: Scope, image: Value) => unknown): NetworkState => {
    const graph = new Graph();
    const state = new NetworkState(graph, "eval");
    build(new Scope(state), graph.input("image", "float32", [1, network.channels, side, side]));
    return state;
  };
  let maps: readonly Value[] = [];
  const { specs } = alone((scope, image) => {
    maps = encoder.build(scope, image);
  });
  const [first] = specs.keys();
  const prefix = [...own].find((one) => one === first || one.endsWith(`.${first}`))?.slice(0, -first!.length);
  if (prefix === undefined) return undefined;
  const stages = maps
    .slice(1)
    .map((map) => new Set([...tensorsBelow(map)].map((tensor) => prefix + tensor).filter((tensor) => own.has(tensor))));
  const classifier = alone((scope, image) => encoder.classify(scope, image, 2));
  return { stages, classifier: new Set(classifier.specs.keys()) };
}
