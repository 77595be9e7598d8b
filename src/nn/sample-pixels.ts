/** @file Training on some pixels of an image: which ones, and the values of maps at them. */
import {
  Add,
  bilinearAt,
  Cast,
  Div,
  Floor,
  GatherElements,
  Max,
  Min,
  Mul,
  Reshape,
  Slice,
  Sub,
} from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { randomField } from "./dropout.js";
import type { Scope } from "./scope.js";

/** Height and width. */
export type Size = readonly [number, number];

/** Numbers in one row of a random field: fewer than its modulus, after which they would repeat. */
const rowLength = 1000;

/**
 * Places `row * W + column` of `count` pixels in each of `batch` images, or of all where there are not so many: int32
 * [batch, count], ascending. One pixel comes from each of `count` equal pieces of the image in reading order, so that none
 * comes twice; which one is a pure function of the step's seed and the layer's path.
 */
export function samplePixels(scope: Scope, batch: number, [height, width]: Size, count: number): Value {
  const pixels = height * width;
  const taken = Math.min(count, pixels);
  const starts = Int32Array.from({ length: taken + 1 }, (_, i) => Math.floor((i * pixels) / taken));
  const { graph } = scope;
  const first = graph.constant(starts.slice(0, taken), [1, taken]);
  if (taken === pixels) return scope.run(() => Add(first, graph.constant(new Int32Array(batch), [batch, 1])));
  const lengths = Float32Array.from({ length: taken }, (_, i) => starts[i + 1]! - starts[i]!);
  const rows = Math.ceil(taken / rowLength);
  const { field, modulus } = randomField(scope, [batch, rows, rowLength]);
  return scope.run(() => {
    const numbers = Slice(Reshape(field, [batch, rows * rowLength]), [1], [0], [taken]);
    const within = Floor(
      Mul(
        numbers,
        graph.constant(
          lengths.map((length) => length / modulus),
          [1, taken],
        ),
      ),
    );
    return Add(first, Cast(within, "int32"));
  });
}

/** Whole numbers [N, H, W] at places [N, P] as `samplePixels` gives them: [N, 1, P]. */
export function labelsAt(labels: Value, places: Value): Value {
  const [n, height, width] = labels.shape as [number, number, number];
  return Reshape(GatherElements(Reshape(labels, [n, height * width]), places, 1), [n, 1, places.shape[1]!]);
}

/**
 * Maps [N, C, h, w] of an image of `size`, interpolated bilinearly at places [N, P] in the image: [N, C, 1, P]. The same
 * values that stretching the map to the image's size would give there.
 */
export function mapAt(scope: Scope, map: Value, places: Value, size: Size): Value {
  const [n, channels, ...sides] = map.shape as [number, number, number, number];
  return scope.run(() => {
    const row = Div(places, size[1]);
    const coordinates = [row, Sub(places, Mul(row, size[1]))].map((place, i) => {
      const centre = Mul(Add(Cast(place, map.dtype), 0.5), sides[i]! / size[i]!);
      return Min(Max(Sub(centre, 0.5), 0), sides[i]! - 1);
    }) as [Value, Value];
    return Reshape(bilinearAt(map, ...coordinates), [n, channels, 1, places.shape[1]!]);
  });
}
