/**
 * @file Scope: where a layer finds its parameters. A network is a function of a scope and symbolic tensors; the scope gives
 * each layer a path such as `encoder.layer1.0.conv1`, and parameters the names of PyTorch's state dicts under it.
 */
import { GraphError } from "../errors/index.js";
import type { Shape } from "../graph/dim.js";
import { sameShape } from "../graph/dim.js";
import type { Graph } from "../graph/graph.js";
import type { Value } from "../graph/types.js";
import type { Initializer } from "./initializers.js";

/** `train`: batch statistics and dropout; `eval`: running statistics, no randomness. */
export type Mode = "train" | "eval";

/** A tensor of a network's state: what it is called, how large it is, how it starts. */
export interface StateSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: "parameter" | "buffer";
  readonly initializer: Initializer;
  readonly value: Value;
}

/** What all networks of one graph have in common: the seed of the step, and how often each layer has drawn from it. */
class Randomness {
  seed: Value | undefined;
  readonly draws = new Map<string, number>();
}

/** What a network gathers while it is built into a graph. It may be built several times: the tensors are then the same. */
export class NetworkState {
  readonly graph: Graph;
  readonly mode: Mode;
  /** Parameters and buffers in the order the layers made them. */
  readonly specs: Map<string, StateSpec>;
  /** New values of buffers after a training step, by name. */
  readonly updates: Map<string, Value>;
  /** The same for all networks of the graph: what is derived from the step's seed is kept by it. */
  readonly randomness: Randomness;
  private readonly options: NetworkStateOptions;

  constructor(graph: Graph, mode: Mode, options: NetworkStateOptions = {}) {
    this.graph = graph;
    this.mode = mode;
    this.options = options;
    const { sharing, beside } = options;
    this.specs = sharing?.specs ?? new Map();
    this.updates = sharing?.updates ?? new Map();
    this.randomness = (sharing ?? beside)?.randomness ?? new Randomness();
  }

  /** The same network, to be built once more in this graph, perhaps in another mode. */
  again(mode: Mode, more: Pick<NetworkStateOptions, "perturb"> = {}): NetworkState {
    const { perturb: _, ...options } = this.options;
    return new NetworkState(this.graph, mode, { ...options, ...more, sharing: this });
  }

  /** Name of a tensor in the graph. */
  fullName(name: string): string {
    return `${this.options.prefix ?? ""}${name}`;
  }

  /** What the graph calls a tensor of this kind. */
  leafKind(kind: StateSpec["kind"]): StateSpec["kind"] {
    return this.options.untrained ? "buffer" : kind;
  }

  /** Feature maps of an encoder on their way to the decoder, changed where the state asks for it. */
  perturbed(scope: Scope, features: readonly Value[]): readonly Value[] {
    return this.options.perturb?.(scope, features) ?? features;
  }

  /** Name of a tensor's BatchNorm layers that keep their running statistics, and so on: see NetworkStateOptions. */
  isFrozenNorm(path: string): boolean {
    return this.options.frozenNorm?.(path) ?? false;
  }

  /** Type of parameters and buffers. */
  get dtype(): "float32" | "float64" {
    return this.options.dtype ?? "float32";
  }

  /** The int32 number [1] that a step's randomness comes from; a graph input named `seed`. */
  seed(): Value {
    this.randomness.seed ??= this.graph.input("seed", "int32", [1]);
    return this.randomness.seed;
  }

  /** Whether any layer asked for randomness. */
  get usesSeed(): boolean {
    return this.randomness.seed !== undefined;
  }

  /** How often a place of the network has drawn from the seed before; counts this time. */
  drawsAt(path: string): number {
    const before = this.randomness.draws.get(path) ?? 0;
    this.randomness.draws.set(path, before + 1);
    return before;
  }
}

export interface NetworkStateOptions {
  /** BatchNorm layers (by path) that use and keep their running statistics while training. */
  readonly frozenNorm?: (path: string) => boolean;
  /** Type of parameters and buffers; float64 is for checks of exactness and runs on target `reference` only. */
  readonly dtype?: "float32" | "float64";
  /** Put before the names of all tensors, for a second network in the same graph. */
  readonly prefix?: string;
  /** Whether all tensors are buffers: a network that is run but not trained. */
  readonly untrained?: boolean;
  /** Another network of the same graph, whose seed this one uses. */
  readonly beside?: NetworkState;
  /** The state whose tensors this one uses: see `again`. */
  readonly sharing?: NetworkState;
  /** Changes the feature maps that encoders give to decoders; more images than before are images of the batch from there on. */
  readonly perturb?: (scope: Scope, features: readonly Value[]) => readonly Value[];
}

export class Scope {
  readonly state: NetworkState;
  readonly path: string;

  constructor(state: NetworkState, path = "") {
    this.state = state;
    this.path = path;
  }

  get graph(): Graph {
    return this.state.graph;
  }

  get training(): boolean {
    return this.state.mode === "train";
  }

  /** The scope of a layer inside this one: `scope.at("layer1", 0, "conv1")`. */
  at(...names: (string | number)[]): Scope {
    return new Scope(this.state, [this.path, ...names].filter((name) => name !== "").join("."));
  }

  /** Runs `build` so that the nodes it appends carry this scope's path. */
  run<T>(build: () => T): T {
    return this.graph.atPath(this.path, build);
  }

  /** The trainable tensor `name` of this layer; asking twice gives the same one (shared layers). */
  parameter(name: string, shape: readonly number[], initializer: Initializer): Value {
    return this.stateTensor("parameter", name, shape, initializer);
  }

  /** The tensor `name` of this layer that training updates without a gradient. */
  buffer(name: string, shape: readonly number[], initializer: Initializer): Value {
    return this.stateTensor("buffer", name, shape, initializer);
  }

  /** Sets what buffer `name` becomes after a training step. */
  updateBuffer(name: string, value: Value): void {
    this.state.updates.set(this.nameOf(name), value);
  }

  private nameOf(name: string): string {
    return this.state.fullName(this.path === "" ? name : `${this.path}.${name}`);
  }

  private stateTensor(
    kind: "parameter" | "buffer",
    name: string,
    shape: readonly number[],
    initializer: Initializer,
  ): Value {
    const full = this.nameOf(name);
    const known = this.state.specs.get(full);
    if (known) {
      if (!sameShape(known.shape as Shape, shape))
        throw new GraphError({ expected: `${full} of shape [${known.shape}] as before`, found: `[${shape}]` });
      return known.value;
    }
    const value = this.graph[this.state.leafKind(kind)](full, shape, this.state.dtype);
    this.state.specs.set(full, { name: full, shape, kind, initializer, value });
    return value;
  }
}
