/** @file Pyramid pooling (Zhao et al. 2016, PSPNet, https://arxiv.org/abs/1612.01105): what a map looks like from afar. */
import { type Dim, floorDiv, max, mul } from "../graph/dim.js";
import { AdaptiveAveragePool, ReduceMean, Reshape, Slice } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { resizeLike } from "./resize.js";
import type { Scope } from "./scope.js";

export interface PyramidPoolingOptions {
  /** Windows along height and along width, for each branch. */
  readonly bins: readonly number[];
  /** One value for each window; their means unless given. */
  pool?(x: Value, bins: number): Value;
  /** What is made of a branch's values [N, C, bins, bins]. */
  layer(scope: Scope, values: Value, bins: number): Value;
  /** Whether the way back to the map's size keeps the corners' centres. */
  readonly alignCorners: boolean;
}

const means = (x: Value, bins: number): Value => AdaptiveAveragePool(x, [bins, bins]);

/** Branch i, in scope i: `x` [N, C, H, W] pooled to `bins[i]` x `bins[i]` windows, a layer, and stretched back to H x W. */
export const pyramidPooling = (
  scope: Scope,
  x: Value,
  { bins, pool = means, layer, alignCorners }: PyramidPoolingOptions,
): readonly Value[] =>
  bins.map((count, i) => {
    const branch = scope.at(i);
    const pooled = branch.run(() => pool(x, count));
    return resizeLike(branch, layer(branch, pooled, count), x, { mode: "bilinear", alignCorners });
  });

/**
 * Means of equal windows that do not overlap, of floor(size / bins) elements along each axis and at least one: as many as
 * there is room for, which is `bins` or more; what is left over at the end is not looked at.
 */
export const equalWindowMeans = (x: Value, bins: number): Value =>
  [2, 3].reduce((y, axis) => {
    const size = y.shape[axis]!;
    const side = max(floorDiv(size, bins), 1);
    const windows = floorDiv(size, side);
    const whole = Slice(y, [axis], [0], [mul(windows, side)]);
    const split: Dim[] = [...y.shape.slice(0, axis), windows, side, ...y.shape.slice(axis + 1)];
    return ReduceMean(Reshape(whole, split), { axes: [axis + 1], keepdims: false });
  }, x);
