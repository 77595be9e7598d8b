/** @file What every loss does with targets: labels as numbers for each channel, the mask of pixels that count, and safe means. */
import { ShapeError } from "../errors/index.js";
import { type Shape, sameShape, shapeText } from "../graph/dim.js";
import {
  And,
  Cast,
  Div,
  Equal,
  Expand,
  Greater,
  GreaterOrEqual,
  Less,
  Mul,
  Not,
  ReduceSum,
  Reshape,
  Sigmoid,
  Softmax,
  Unsqueeze,
  Where,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import type { Task } from "./loss.js";

/** Targets in the form of the logits. */
export interface Labels {
  /** `[N, C, ...]`: 1 (or a share) where the class is, 0 elsewhere and at ignored pixels. */
  readonly labels: Value;
  /** 1 where the pixel counts, else 0: `[N, 1, ...]` for multiclass, else `[N, C, ...]`. */
  readonly counted: Value;
}

function mismatch(expected: Shape, target: Value, task: Task): ShapeError {
  return new ShapeError({
    expected: `a ${task} target ${shapeText(expected)}`,
    found: `target ${shapeText(target.shape)}`,
    layer: target.graph.scope,
    next: "Resize the logits to the mask's size, and check the task.",
  });
}

/**
 * Labels for each channel.
 *
 * Multiclass labels outside 0..C-1 belong to no class and count as ignored, whatever `ignoreIndex` is: nothing is gathered by
 * them, so no label can read outside the tensor.
 */
export function labelsOf(logits: Value, target: Value, task: Task, ignoreIndex: number | null): Labels {
  return task === "multiclass"
    ? classLabels(logits, target, ignoreIndex)
    : flagLabels(logits, target, task, ignoreIndex);
}

function classLabels(logits: Value, target: Value, ignoreIndex: number | null): Labels {
  const { graph, dtype, shape } = logits;
  const numClasses = shape[1] as number;
  const expected = [shape[0]!, ...shape.slice(2)];
  if (!sameShape(target.shape, expected)) throw mismatch(expected, target, "multiclass");
  const classes = Unsqueeze(Cast(target, "int32"), [1]);
  const numbers = graph.constant(
    Int32Array.from({ length: numClasses }, (_, i) => i),
    [1, numClasses, ...shape.slice(2).map(() => 1)],
  );
  // An ignored label that is also a class (a background, say) is moved out of the classes.
  const isClass = ignoreIndex !== null && ignoreIndex >= 0 && ignoreIndex < numClasses;
  const kept = isClass ? Where(Equal(classes, ignoreIndex), -1, classes) : classes;
  const inRange = And(GreaterOrEqual(kept, 0), Less(kept, numClasses));
  return { labels: Cast(Equal(kept, numbers), dtype), counted: Cast(inRange, dtype) };
}

function flagLabels(logits: Value, target: Value, task: Task, ignoreIndex: number | null): Labels {
  const { dtype, shape } = logits;
  const withoutChannel = [shape[0]!, ...shape.slice(2)];
  const squeezed = task === "binary" && sameShape(target.shape, withoutChannel);
  if (!squeezed && !sameShape(target.shape, shape)) throw mismatch(shape, target, task);
  const given = squeezed ? Reshape(target, shape) : target;
  const flags = Cast(given, dtype);
  if (ignoreIndex === null) return { labels: flags, counted: Expand(logits.graph.scalar(1, dtype), shape) };
  const counted = Cast(Not(Equal(given, ignoreIndex)), dtype);
  return { labels: Mul(flags, counted), counted };
}

/** Probabilities of the classes, `[N, C, ...]`. */
export const probabilitiesOf = (logits: Value, task: Task): Value =>
  task === "multiclass" ? Softmax(logits, 1) : Sigmoid(logits);

/** Sum over pixels and batch for each class: `[N, C, ...] -> [C]`. In two stages, which keeps float32 sums of many pixels exact to 1e-6. */
export const sumOfClass = (x: Value): Value =>
  ReduceSum(ReduceSum(x, { axes: x.shape.slice(2).map((_, i) => i + 2) }), { axes: [0] });

/** Sum of all elements, last axis first for the same reason; a scalar. */
export const total = (x: Value): Value =>
  x.shape.length < 2 ? ReduceSum(x) : ReduceSum(ReduceSum(x, { axes: [x.shape.length - 1] }));

/** `sum / count`, and 0 (with gradients of 0) where the count is 0. */
export const meanOver = (sum: Value, count: Value): Value => Div(sum, Where(Greater(count, 0), count, 1));

/**
 * One number for each class as a vector `[C]`: constants in the type of `like`, or a value `[C]` of the graph as it is.
 *
 * @throws ShapeError when there are not as many numbers as classes.
 */
export function classVector(values: readonly number[] | Value, numClasses: number, like: Value): Value {
  const count = "shape" in values ? values.shape[0] : values.length;
  if (count !== numClasses)
    throw new ShapeError({
      expected: `one weight for each of ${numClasses} classes`,
      found: `${count} weights`,
      layer: like.graph.scope,
    });
  if ("shape" in values) return values;
  const data = like.dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  return like.graph.constant(data, [numClasses], like.dtype);
}

/** `classVector` as `[1, C, 1, ...]`, which meets logits `[N, C, ...]`. */
export const alongChannels = (values: readonly number[] | Value, logits: Value): Value =>
  Unsqueeze(
    classVector(values, logits.shape[1] as number, logits),
    logits.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
  );
