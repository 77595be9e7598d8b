/** @file A network as some thirty modules, gathered from its graph: which of them feed which, at which stride, with how many channels. */
import { Graph, type Node, neededNodes, type Value } from "../../src/graph/index.js";
import type { Architecture } from "../../src/models/model.js";
import { chooseNetwork } from "../../src/models/registry.js";
import { NetworkState, Scope } from "../../src/nn/scope.js";

/** A part of a network that works at one stride, as far as its scopes tell it apart. */
export interface Module {
  readonly name: string;
  readonly channels: number;
  /** Pixels of the image between neighbours of its output; 0 for what has no height and width. */
  readonly stride: number;
  /** What it is beside its name: a joint such as `+`, else empty. */
  readonly symbol: string;
  /** Numbers of the modules it reads; -1 is the image. */
  readonly from: readonly number[];
}

const side = 512;
/** No picture has more boxes than this. */
const most = 34;

/** Joints that stand as circles where they belong to no layer. */
const symbols: { readonly [op: string]: string } = {
  Add: "+",
  Concat: "∥",
  Mul: "×",
  Resize: "↕",
  ResizeNearest: "↕",
  RepeatElements: "↕",
  ReduceMean: "μ",
};

interface Part {
  readonly path: readonly string[];
  readonly nodes: Node[];
  /** The last of several neighbours that stand as one. */
  readonly until?: string;
}

const strideOf = ({ shape }: Value): number =>
  shape.length === 4 && (shape[2] as number) > 0
    ? Math.max(1, 2 ** Math.round(Math.log2(side / (shape[2] as number))))
    : 0;

const lastOf = (nodes: readonly Node[]): Value => nodes.at(-1)!.outputs[0]!;

/** Parts below a part, by the next name of their path; nodes of the part itself stand alone. */
function childrenOf({ path, nodes }: Part): Part[] {
  const parts: Part[] = [];
  const byName = new Map<string, Part>();
  for (const node of nodes) {
    const names = node.scope === "" ? [] : node.scope.split(".");
    const name = names[path.length];
    const known = name === undefined ? undefined : byName.get(name);
    if (known) known.nodes.push(node);
    else {
      const part: Part = { path: name === undefined ? path : [...path, name], nodes: [node] };
      if (name !== undefined) byName.set(name, part);
      parts.push(part);
    }
  }
  return parts;
}

/** Neighbours of one stride as one part: for networks whose layers have no groups. */
function runsOf(parts: readonly Part[]): Part[] {
  const runs: Part[] = [];
  for (const part of parts) {
    const before = runs.at(-1);
    if (before && strideOf(lastOf(before.nodes)) === strideOf(lastOf(part.nodes))) {
      const until = part.path.at(-1) ?? before.until;
      runs[runs.length - 1] = { ...before, nodes: [...before.nodes, ...part.nodes], ...(until ? { until } : {}) };
    } else runs.push(part);
  }
  return runs;
}

const stridesIn = ({ nodes }: Part): number => new Set(nodes.map((node) => strideOf(node.outputs[0]!))).size;

/** Splits what works at several strides, then what is largest, until the picture is full. */
function partsOf(nodes: readonly Node[]): Part[] {
  let parts: Part[] = [{ path: [], nodes: [...nodes] }];
  const whole = new Set<Part>();
  for (;;) {
    const open = parts.filter(
      (part) => part.nodes.length > 1 && !whole.has(part) && (stridesIn(part) > 1 || parts.length < 6),
    );
    const largest = open.sort((a, b) => stridesIn(b) - stridesIn(a) || b.nodes.length - a.nodes.length)[0];
    if (!largest) return parts;
    const found = childrenOf(largest);
    const children = parts.length + found.length - 1 > most ? runsOf(found) : found;
    if (parts.length + children.length - 1 > most || children.length === 1) whole.add(largest);
    else parts = parts.flatMap((part) => (part === largest ? children : [part]));
    for (const part of children) if (part.until) whole.add(part);
  }
}

/** Lone joints keep their symbol; other lone nodes join the part that they read. */
function gathered(parts: readonly Part[]): Part[] {
  const kept: Part[] = [];
  const home = new Map<Value, Part>();
  const settle = (part: Part): void => {
    for (const node of part.nodes) for (const output of node.outputs) home.set(output, part);
  };
  for (const part of parts) {
    const [only] = part.nodes;
    const owner = only!.inputs.map((input) => home.get(input!)).find(Boolean);
    if (part.nodes.length === 1 && owner && !(only!.op in symbols) && !/Conv|Pool/.test(only!.op)) {
      owner.nodes.push(only!);
      settle(owner);
    } else {
      kept.push(part);
      settle(part);
    }
  }
  return kept;
}

const nameOf = ({ path, until }: Part): string =>
  until === undefined || until === path.at(-1) ? path.join(".") : [path.join("."), until].filter(Boolean).join("–");

/** The modules of an architecture at its defaults, in the order in which they run. */
export function modulesOf(architecture: Architecture): Module[] {
  const { options } = chooseNetwork(architecture.name);
  const graph = new Graph();
  const sides = architecture.inputFor ? architecture.inputFor(side, options).input : side;
  const image = graph.input("image", "float32", [1, 3, sides, sides]);
  const { logits } = architecture.build(new Scope(new NetworkState(graph, "eval")), image, 21, options);
  const needed = neededNodes([logits]);
  const dependent = new Set<Value>([image]);
  const nodes = graph.nodes.filter((node) => {
    if (!needed.has(node) || !node.inputs.some((input) => input && dependent.has(input))) return false;
    for (const output of node.outputs) dependent.add(output);
    return true;
  });
  const parts = gathered(partsOf(nodes));
  const home = new Map<Value, number>([[image, -1]]);
  for (const [i, part] of parts.entries())
    for (const node of part.nodes) for (const output of node.outputs) home.set(output, i);
  return parts.map((part, i) => {
    const value = lastOf(part.nodes);
    const sources = part.nodes.flatMap((node) => node.inputs.flatMap((input) => home.get(input!) ?? []));
    const lone = part.nodes.length === 1 ? part.nodes[0]! : undefined;
    return {
      name: nameOf(part) || lone?.op || architecture.name,
      channels: (value.shape[1] as number) ?? 0,
      stride: strideOf(value),
      symbol: lone ? (symbols[lone.op] ?? "") : "",
      from: [...new Set(sources)].filter((source) => source < i),
    };
  });
}
