/** @file Pyramid pooling (Zhao et al. 2016, PSPNet, https://arxiv.org/abs/1612.01105): what a map looks like from afar. */
import { AdaptiveAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { resizeLike } from "./resize.js";
import type { Scope } from "./scope.js";

export interface PyramidPoolingOptions {
  /** Windows along height and along width, for each branch. */
  readonly bins: readonly number[];
  /** What is made of a branch's means [N, C, bins, bins]. */
  layer(scope: Scope, means: Value, bins: number): Value;
  /** Whether the way back to the map's size keeps the corners' centres. */
  readonly alignCorners: boolean;
}

/** Branch i, in scope i: means of `x` [N, C, H, W] over `bins[i]` x `bins[i]` windows, a layer, and stretched back to H x W. */
export const pyramidPooling = (
  scope: Scope,
  x: Value,
  { bins, layer, alignCorners }: PyramidPoolingOptions,
): readonly Value[] =>
  bins.map((count, i) => {
    const branch = scope.at(i);
    const means = branch.run(() => AdaptiveAveragePool(x, [count, count]));
    return resizeLike(branch, layer(branch, means, count), x, { mode: "bilinear", alignCorners });
  });
