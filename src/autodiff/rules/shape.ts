/** @file Gradients of operators that move elements: each moves the cotangent back. */
import { type Dim, dimText, sub } from "../../graph/dim.js";
import {
  Add,
  Concat,
  Expand,
  Gather,
  GatherElements,
  Pad,
  Reshape,
  ScatterElements,
  Slice,
  Split,
  type shapeOps,
  Transpose,
  Unsqueeze,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { notDifferentiable, type RulesFor, sumToShape } from "../rule.js";

const zerosLike = (x: Value): Value => Expand(x.graph.scalar(0, x.dtype), x.shape);
const size = (x: Value, axis: number): number => {
  const d = x.shape[axis]!;
  if (typeof d !== "number") throw new Error(`the gradient needs a known size, not ${dimText(d)}`);
  return d;
};

/** Cotangent of a slice: zeros put back around (and, for steps, between) the elements. */
function unslice(
  dy: Value,
  x: Value,
  axes: readonly number[],
  starts: readonly Dim[],
  ends: readonly Dim[],
  steps: readonly number[],
): Value {
  let result = dy;
  for (const [i, axis] of axes.entries()) {
    const step = steps[i]!;
    const count = size(result, axis);
    if (step > 1) {
      const wide = Unsqueeze(result, [axis + 1]);
      const after = wide.shape.map((_, j) => (j === axis + 1 ? step - 1 : 0));
      const spread = Pad(
        wide,
        wide.shape.map(() => 0),
        after,
      );
      result = Slice(
        Reshape(
          spread,
          result.shape.map((d, j) => (j === axis ? count * step : d)),
        ),
        [axis],
        [0],
        [(count - 1) * step + 1],
      );
    }
    const before = result.shape.map((_, j) => (j === axis ? starts[i]! : 0));
    const covered = step === 1 ? ends[i]! : (starts[i] as number) + (count - 1) * step + 1;
    const after = result.shape.map((_, j) => (j === axis ? sub(x.shape[axis]!, covered) : 0));
    result = Pad(result, before, after);
  }
  return result;
}

/** Cotangent of a mirrored, repeated or wrapped padding along one axis: the padded parts are added onto what they copied. */
function unpadAxis(dy: Value, axis: number, before: number, after: number, inner: number, mode: string): Value {
  if (before === 0 && after === 0) return dy;
  const source = (p: number): number => {
    if (mode === "edge") return Math.min(Math.max(p, 0), inner - 1);
    if (mode === "wrap") return ((p % inner) + inner) % inner;
    return p < 0 ? -p : p >= inner ? 2 * (inner - 1) - p : p;
  };
  const places = Array.from({ length: before + inner + after }, (_, i) => source(i - before));
  // At most a few padded rows copy one source: gather layer by layer and add, which runs on every device.
  const copies = Array.from({ length: inner }, (_, target) =>
    places.flatMap((place, i) => (place === target ? [i] : [])),
  );
  const layers = Math.max(...copies.map((list) => list.length));
  const zero = Pad(
    dy,
    dy.shape.map(() => 0),
    dy.shape.map((_, i) => (i === axis ? 1 : 0)),
  );
  const parts = Array.from({ length: layers }, (_, layer) =>
    Gather(
      zero,
      dy.graph.constant(
        BigInt64Array.from(copies, (list) => BigInt(list[layer] ?? places.length)),
        [inner],
      ),
      axis,
    ),
  );
  return parts.reduce((a, b) => Add(a, b));
}

export const shapeRules: RulesFor<typeof shapeOps> = {
  Reshape: ({ x: [x], dy }) => [Reshape(dy, x!.shape)],
  Transpose: ({ dy, attributes }) => {
    const inverse: number[] = [];
    for (const [i, axis] of (attributes.perm as number[]).entries()) inverse[axis] = i;
    return [Transpose(dy, inverse)];
  },
  Concat: ({ x, dy, attributes }) =>
    Split(
      dy,
      attributes.axis,
      x.map((part) => part.shape[attributes.axis]!),
    ),
  Split: ({ y, dys, attributes }) => [
    Concat(
      dys.map((dy, i) => dy ?? zerosLike(y[i]!)),
      attributes.axis,
    ),
  ],
  Slice: ({ x: [x], dy, attributes: a }) => [unslice(dy, x!, a.axes, a.starts, a.ends, a.steps)],
  Pad: ({ x, dy, attributes: { before, after, mode } }) => {
    const shape = x[0]!.shape;
    const none = x.slice(1).map(() => null);
    // A padding that crops (negative) or adds constants: cut off what was added, put zeros where it was cropped.
    if (mode === "constant")
      return [
        Pad(
          dy,
          before.map((d: Dim) => sub(0, d)),
          after.map((d: Dim) => sub(0, d)),
        ),
        ...none,
      ];
    return [
      shape.reduce<Value>((d, _, axis) => unpadAxis(d, axis, before[axis], after[axis], size(x[0]!, axis), mode), dy),
      ...none,
    ];
  },
  Expand: ({ x: [x], dy }) => [sumToShape(dy, x!)],
  Gather: ({ x: [x, indices], dy, attributes: { axis } }) => {
    // The cotangent rows are added at the gathered places; index and cotangent are flattened to one axis first.
    const count = indices!.shape.reduce<number>((p, d) => p * (d as number), 1);
    const flat = Reshape(dy, [...x!.shape.slice(0, axis), count, ...x!.shape.slice(axis + 1)]);
    const places = Expand(
      Reshape(
        indices!,
        flat.shape.map((_, i) => (i === axis ? count : 1)),
      ),
      flat.shape,
    );
    return [ScatterElements(zerosLike(x!), places, flat, axis, "add"), null];
  },
  GatherElements: ({ x: [x, indices], dy, attributes: { axis } }) => [
    ScatterElements(zerosLike(x!), indices!, dy, axis, "add"),
    null,
  ],
  // y = x with updates added: both pass. With "none" the overwritten elements of x get nothing.
  ScatterElements: ({ x: [, indices, updates], dy, attributes: { axis, reduction } }) => {
    const toUpdates = GatherElements(dy, indices!, axis);
    return [reduction === "add" ? dy : ScatterElements(dy, indices!, zerosLike(updates!), axis), null, toUpdates];
  },
  Identity: ({ dy }) => [dy],
  StopGradient: notDifferentiable("it is there to stop the gradient"),
};
