/**
 * @file The loss that makes embeddings tell segments apart: pixels of one class should lie closer together than `near`, those
 * of different classes further apart than `far` (Harley et al. 2017, section 3.1).
 */
import {
  Abs,
  Add,
  And,
  Cast,
  Equal,
  GreaterOrEqual,
  Less,
  Max,
  Mul,
  ReduceSum,
  Slice,
  Sub,
  Where,
} from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { meanOver, total } from "../../losses/targets.js";

export interface ContrastiveOptions {
  /** Labels outside 0..numClasses-1 count nowhere. */
  readonly numClasses: number;
  /** Distances in pixels, along both axes and diagonals, of the pairs that are compared. */
  readonly dilations: readonly number[];
  readonly near: number;
  readonly far: number;
}

/** Half of the directions to neighbours: each pair is met once. */
const directions = [
  [0, 1],
  [1, -1],
  [1, 0],
  [1, 1],
] as const;

/** The two parts of a map [N, ..., H, W] that lie `down` and `right` from each other. */
function pair(x: Value, down: number, right: number): [Value, Value] {
  const axes = [x.shape.length - 2, x.shape.length - 1];
  const [height, width] = axes.map((axis) => x.shape[axis]) as [number, number];
  const part = (dy: number, dx: number): Value => {
    const [top, left] = [Math.max(0, dy), Math.max(0, dx)];
    return Slice(x, axes, [top, left], [top + height - Math.abs(down), left + width - Math.abs(right)]);
  };
  return [part(0, -right), part(down, right)];
}

/**
 * Mean over pairs of neighbouring pixels of `max(d - near, 0)` where their labels int32 [N, H, W] are the same and of
 * `max(far - d, 0)` where they differ; d is the L1 distance of their embeddings [N, E, H, W].
 */
export function contrastiveLoss(
  embeddings: Value,
  labels: Value,
  { numClasses, dilations, near, far }: ContrastiveOptions,
): Value {
  const { dtype } = embeddings;
  const [height, width] = embeddings.shape.slice(2) as [number, number];
  const known = Cast(And(GreaterOrEqual(labels, 0), Less(labels, numClasses)), dtype);
  const pairs = dilations
    .filter((dilation) => dilation < Math.min(height, width))
    .flatMap((dilation) => directions.map(([down, right]) => [down * dilation, right * dilation] as const));
  const terms = pairs.map(([down, right]) => {
    const [a, b] = pair(embeddings, down, right);
    const distance = ReduceSum(Abs(Sub(a, b)), { axes: [1] });
    const same = Equal(...pair(labels, down, right));
    const counted = Mul(...pair(known, down, right));
    const excess = Where(same, Max(Sub(distance, near), 0), Max(Sub(far, distance), 0));
    return { sum: total(Mul(excess, counted)), count: total(counted) };
  });
  // No pair is left where the image is smaller than all dilations.
  const none = embeddings.graph.scalar(0, dtype);
  const all = (key: "sum" | "count"): Value => terms.reduce<Value>((sum, term) => Add(sum, term[key]), none);
  return meanOver(all("sum"), all("count"));
}
