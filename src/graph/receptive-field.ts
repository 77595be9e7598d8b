/**
 * @file Receptive fields: which pixels of the image an element of a map can depend on, from the graph alone.
 *
 * Element i of a map reads the pixels `stride*i + low` to `stride*i + high` along an axis. Going through a window of k elements
 * that are d apart, k' = k + (k-1)(d-1), at step s, widens the interval by (k'-1)*stride and multiplies the stride by s; joining
 * maps takes the union (Araujo et al. 2019, https://distill.pub/2019/computing-receptive-fields). What looks at a whole map (global
 * pooling, attention, statistics of an image) keeps the interval of its local part and is marked `global`.
 *
 * Sizes should be symbolic: with known ones some poolings are matrices, which tell nothing of windows.
 */
import { type Dim, evaluateDim } from "./dim.js";
import type { Graph } from "./graph.js";
import type { Node, Value } from "./types.js";

/** Along one axis: element i reads pixels `stride*i + low` to `stride*i + high`. */
export interface Interval {
  readonly stride: number;
  readonly low: number;
  readonly high: number;
}

export interface ReceptiveField {
  /** Height and width. */
  readonly axes: readonly [Interval, Interval];
  /** Whether something on the way looks at the whole image. */
  readonly global: boolean;
}

/** Pixels of an interval, e.g. 3 behind one 3x3 convolution. */
export const pixelsOf = ({ low, high }: Interval): number => Math.round(high - low) + 1;

/** How one axis changes from an input to the output; `i` is 0 for height and 1 for width. */
type Step = (field: Interval, i: 0 | 1) => Interval;

const numbers = (node: Node, name: string): readonly number[] => node.attributes[name] as readonly number[];

/** A window of `kernel` elements at a step, `dilation` apart, the first `pad` before the element. */
const windowed =
  (
    kernel: readonly number[],
    strides: readonly number[],
    dilations: readonly number[],
    pads: readonly number[],
  ): Step =>
  ({ stride, low, high }, i) => {
    const first = low - pads[i]! * stride;
    return {
      stride: stride * strides[i]!,
      low: first,
      high: first + high - low + (kernel[i]! - 1) * dilations[i]! * stride,
    };
  };

const pooled = (node: Node): Step =>
  windowed(numbers(node, "kernel"), numbers(node, "strides"), numbers(node, "dilations"), numbers(node, "pads"));

/** The window of a strided convolution from the other side: an output meets `ceil(k'/s)` inputs. */
const transposed = (kernel: readonly number[], node: Node): Step => {
  const [strides, dilations, pads] = ["strides", "dilations", "pads"].map((name) => numbers(node, name));
  return ({ stride, low, high }, i) => {
    const s = strides![i]!;
    const last = (kernel[i]! - 1) * dilations![i]!;
    const first = low + stride * Math.ceil((pads![i]! - last) / s);
    return { stride: stride / s, low: first, high: first + high - low + stride * (Math.ceil((last + 1) / s) - 1) };
  };
};

/** Interpolation between `taps` neighbours at another size. */
const interpolated =
  (taps: number, [from, to]: readonly [Value, Value]): Step =>
  ({ stride, low, high }, i) => {
    const [before, after] = [from, to].map((value) => probe(value.shape[i + 2]!)) as [number, number];
    const reach = before === after ? 0 : ((taps - 1) * stride) / 2;
    return { stride: (stride * before) / after, low: low - reach, high: high + reach };
  };

/** A size at a large image, where rounding hardly matters. */
const probe = (dim: Dim): number => evaluateDim(dim, () => 8192);

const weightSize = (node: Node): readonly number[] => node.inputs[1]!.shape.slice(2) as readonly number[];

/** How an operator reads its inputs, one step for each; operators that are not here read element by element. */
const steps: { readonly [op: string]: (node: Node) => readonly (Step | undefined)[] } = {
  Conv: (node) => [
    windowed(weightSize(node), numbers(node, "strides"), numbers(node, "dilations"), numbers(node, "pads")),
  ],
  ConvTranspose: (node) => [transposed(weightSize(node), node)],
  MaxPool: (node) => [pooled(node)],
  MaxPoolGather: (node) => [pooled(node), pooled(node)],
  // The place of a maximum depends on its whole window.
  MaxUnpool: (node) => {
    const kernel = numbers(node, "kernel");
    const around: Step = ({ stride, low, high }, i) => {
      const reach = (kernel[i]! - 1) * stride;
      return { stride, low: low - reach, high: high + reach };
    };
    return [around, transposed(kernel, node)];
  },
  Resize: (node) => [interpolated(node.attributes.mode === "bicubic" ? 4 : 2, [node.inputs[0]!, node.outputs[0]!])],
  ResizeNearest: (node) => [interpolated(1, [node.inputs[0]!, node.outputs[0]!])],
  RepeatElements: (node) => [interpolated(1, [node.inputs[0]!, node.outputs[0]!])],
  Pad: (node) => {
    const before = node.attributes.before as readonly Dim[];
    return [
      ({ stride, low, high }, i) => {
        const shift = typeof before[i + 2] === "number" ? (before[i + 2] as number) * stride : 0;
        return { stride, low: low - shift, high: high - shift };
      },
    ];
  },
  Slice: (node) => {
    const [axes, step, starts] = [
      numbers(node, "axes"),
      numbers(node, "steps"),
      node.attributes.starts as readonly Dim[],
    ];
    return [
      ({ stride, low, high }, i) => {
        const at = axes.indexOf(i + 2);
        const start = at >= 0 && typeof starts[at] === "number" ? starts[at] * stride : 0;
        return { stride: at >= 0 ? stride * step[at]! : stride, low: low + start, high: high + start };
      },
    ];
  },
};

const reductions = /^(?:Reduce|Arg|TopK|CumSum)/;

/** Whether a node looks along height or width of a map, or lets the places of a map meet each other. */
function looksAround(node: Node, fields: ReadonlyMap<Value, ReceptiveField>): boolean {
  if (node.op === "MatMul") return node.inputs.every((input) => fields.has(input!));
  if (!reductions.test(node.op)) return false;
  const axes = (node.attributes.axes as readonly number[] | undefined) ?? [node.attributes.axis as number];
  return axes.some((axis) => typeof node.inputs[0]!.shape[axis] !== "number");
}

const union = (a: Interval, b: Interval): Interval => ({
  // Maps of one size have one stride; rounding may have told them apart.
  stride: Math.max(a.stride, b.stride),
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
});

/** Elements that become pixels (pixel shuffle) or the other way round change the stride without any window. */
function withShape(axes: readonly [Interval, Interval], { shape }: Value): readonly [Interval, Interval] {
  const [, , height, width] = shape;
  if (shape.length !== 4 || typeof height === "number" || typeof width === "number") return axes;
  const strides = [8192 / probe(height!), 8192 / probe(width!)];
  if (strides.some((stride) => stride < 0.9)) return axes;
  return axes.map((axis, i) =>
    Math.abs(strides[i]! / axis.stride - 1) > 0.3 ? { ...axis, stride: strides[i]! } : axis,
  ) as [Interval, Interval];
}

/**
 * The receptive fields, in pixels of `image`, of all values of a graph that depend on it.
 *
 * @example pixelsOf(receptiveFields(image).get(logits)!.axes[0]) // 212 behind VGG-16's last pooling
 */
export function receptiveFields(image: Value): ReadonlyMap<Value, ReceptiveField> {
  const pixel: Interval = { stride: 1, low: 0, high: 0 };
  const fields = new Map<Value, ReceptiveField>([[image, { axes: [pixel, pixel], global: false }]]);
  for (const node of (image.graph as Graph).nodes) {
    const through = steps[node.op]?.(node) ?? [];
    const read = node.inputs.flatMap((input, n) => {
      const field = input ? fields.get(input) : undefined;
      if (!field) return [];
      const step = through[n] ?? ((interval: Interval) => interval);
      return [{ axes: [step(field.axes[0], 0), step(field.axes[1], 1)] as const, global: field.global }];
    });
    if (read.length === 0) continue;
    const merged = read.reduce((a, b) => ({
      axes: [union(a.axes[0], b.axes[0]), union(a.axes[1], b.axes[1])],
      global: a.global || b.global,
    }));
    const global = merged.global || looksAround(node, fields);
    for (const output of node.outputs) fields.set(output, { axes: withShape(merged.axes, output), global });
  }
  return fields;
}
