/** @file What can be said of a network without running it: parameters, arithmetic, output stride, receptive field, layer by layer. */
import type { Features } from "../encoders/encoder.js";
import {
  countFlops,
  type Dim,
  Graph,
  type Interval,
  type Node,
  neededNodes,
  pixelsOf,
  type ReceptiveField,
  receptiveFields,
  symbol,
  type Value,
} from "../graph/index.js";
import { NetworkState, Scope } from "../nn/scope.js";

/** Anything that makes values of an image: an architecture with its options, or an encoder. */
export type Buildable = (scope: Scope, image: Value) => Value | Features;

export interface FactsOptions {
  /** Channels of the image. */
  readonly channels?: number;
  /** Height and width for which arithmetic and shapes are given. */
  readonly size?: readonly [number, number];
}

/** A layer with a window, or one that changes the size of a map. */
export interface LayerFacts {
  readonly name: string;
  readonly op: string;
  /** Output [C, H, W] at the size asked for. */
  readonly shape: readonly number[];
  /** Kernel, step and dilation, height and width. */
  readonly kernel?: readonly number[];
  readonly stride?: readonly number[];
  readonly dilation?: readonly number[];
  /** `k + (k-1)(d-1)`: pixels of its input that one output spans. */
  readonly effectiveKernel?: readonly number[];
  /** Pixels of the image between neighbours of its output. */
  readonly outputStride: number;
  /** Pixels of the image that its output sees, height and width. */
  readonly receptiveField: readonly number[];
  /** Whether it sees the whole image besides. */
  readonly global: boolean;
  readonly parameters: number;
}

export interface NetworkFacts {
  readonly parameters: number;
  /** Two operations for each multiply-add of convolutions and matrix products, one image. */
  readonly gflops: number;
  /** Pixels of the image between neighbours of the coarsest map. */
  readonly outputStride: number;
  /** Pixels that one output sees along the height, leaving out what looks at the whole image. */
  readonly receptiveField: number;
  readonly global: boolean;
  readonly layers: readonly LayerFacts[];
}

interface Built {
  readonly image: Value;
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly state: NetworkState;
}

function construct(build: Buildable, shape: readonly Dim[]): Built {
  const graph = new Graph();
  const state = new NetworkState(graph, "eval");
  const image = graph.input("image", "float32", shape);
  const made = build(new Scope(state), image);
  const outputs = Array.isArray(made) ? (made as Features).slice(1) : [made as Value];
  for (const [i, value] of outputs.entries()) graph.output(`output ${i}`, value);
  const needed = neededNodes(outputs);
  return { image, outputs, state, nodes: graph.nodes.filter((node) => needed.has(node)) };
}

const elements = (shape: readonly Dim[]): number => shape.reduce<number>((p, d) => p * (d as number), 1);

/** Layers that a table of receptive fields shows. */
const shown = /^(?:Conv|ConvTranspose|MaxPool|MaxUnpool|Resize|ResizeNearest|RepeatElements)$/;

const pairOf = (node: Node, name: string): readonly number[] | undefined =>
  node.attributes[name] as readonly number[] | undefined;

function layerFacts(node: Node, field: ReceptiveField, shape: readonly number[]): LayerFacts {
  const convolution = node.op.startsWith("Conv");
  const kernel = convolution ? (node.inputs[1]!.shape.slice(2) as number[]) : pairOf(node, "kernel");
  const dilation = kernel && pairOf(node, "dilations");
  const parameters = node.inputs.filter((input) => input?.source.kind === "parameter");
  return {
    name: node.scope,
    op: node.op,
    shape: shape.slice(1),
    ...(kernel && dilation
      ? {
          kernel,
          stride: pairOf(node, "strides")!,
          dilation,
          effectiveKernel: kernel.map((k, i) => k + (k - 1) * (dilation[i]! - 1)),
        }
      : {}),
    outputStride: strideOf(field.axes[0]),
    receptiveField: field.axes.map(pixelsOf),
    global: field.global,
    parameters: parameters.reduce((sum, input) => sum + elements(input!.shape), 0),
  };
}

/** Rounded to hundredths: sizes that no stride divides make it nearly whole. */
const strideOf = ({ stride }: Interval): number => Math.round(stride * 100) / 100;

/**
 * Facts of a network.
 *
 * @throws ShapeError when the size is too small for the network.
 * @example networkFacts((scope, image) => unet.build(scope, image, 2, options).logits).parameters
 */
export function networkFacts(build: Buildable, { channels = 3, size = [512, 512] }: FactsOptions = {}): NetworkFacts {
  const known = construct(build, [1, channels, ...size]);
  const free = construct(build, [symbol("batch"), channels, symbol("height"), symbol("width")]);
  const fields = receptiveFields(free.image);
  const parameters = Array.from(known.state.specs.values()).filter(({ kind }) => kind === "parameter");

  // The same layers in the same order, except that poolings of known size may be matrices and nearest copies have two forms.
  const keyOf = ({ op, scope }: Node): string => `${op === "RepeatElements" ? "ResizeNearest" : op} ${scope}`;
  const shapes = new Map<string, readonly number[][]>();
  for (const node of known.nodes)
    shapes.set(keyOf(node), [...(shapes.get(keyOf(node)) ?? []), node.outputs[0]!.shape as number[]]);
  const seen = new Map<string, number>();
  const layers = free.nodes.flatMap((node) => {
    const field = fields.get(node.outputs[0]!);
    if (!field || !shown.test(node.op)) return [];
    const key = keyOf(node);
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return [layerFacts(node, field, shapes.get(key)?.[nth] ?? [])];
  });
  const ends = free.outputs.flatMap((output) => fields.get(output) ?? []);
  return {
    parameters: parameters.reduce((sum, { shape }) => sum + elements(shape), 0),
    gflops: countFlops(known.image.graph) / 1e9,
    outputStride: Math.round(Math.max(1, ...layers.filter(({ global }) => !global).map((layer) => layer.outputStride))),
    receptiveField: Math.max(...ends.map(({ axes }) => pixelsOf(axes[0]))),
    global: ends.some(({ global }) => global),
    layers,
  };
}
