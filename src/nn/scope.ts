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

/** What a network gathers while it is built into a graph. */
export class NetworkState {
  readonly graph: Graph;
  readonly mode: Mode;
  /** Parameters and buffers in the order the layers made them. */
  readonly specs = new Map<string, StateSpec>();
  /** New values of buffers after a training step, by name. */
  readonly updates = new Map<string, Value>();
  private stepSeed: Value | undefined;
  private readonly options: NetworkStateOptions;

  constructor(graph: Graph, mode: Mode, options: NetworkStateOptions = {}) {
    this.graph = graph;
    this.mode = mode;
    this.options = options;
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
    this.stepSeed ??= this.graph.input("seed", "int32", [1]);
    return this.stepSeed;
  }

  /** Whether any layer asked for randomness. */
  get usesSeed(): boolean {
    return this.stepSeed !== undefined;
  }
}

export interface NetworkStateOptions {
  /** BatchNorm layers (by path) that use and keep their running statistics while training. */
  readonly frozenNorm?: (path: string) => boolean;
  /** Type of parameters and buffers; float64 is for checks of exactness and runs on target `reference` only. */
  readonly dtype?: "float32" | "float64";
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
    return this.path === "" ? name : `${this.path}.${name}`;
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
    const value = this.graph[kind](full, shape, this.state.dtype);
    this.state.specs.set(full, { name: full, shape, kind, initializer, value });
    return value;
  }
}
