/** @file Atrous spatial pyramid pooling (Chen et al. 2017, DeepLab v3, https://arxiv.org/abs/1706.05587). */
import { Concat, GlobalAveragePool } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { convNormRelu, relu } from "./blocks.js";
import { dropout } from "./dropout.js";
import { torchDefault } from "./initializers.js";
import { batchNorm2d } from "./norm.js";
import { resizeLike } from "./resize.js";
import type { Scope } from "./scope.js";
import { separableConv2d } from "./separable-conv.js";

export interface AsppOptions {
  /** Channels of each branch and of the result. */
  readonly outChannels: number;
  /** Dilations of the 3x3 branches. */
  readonly rates: readonly number[];
  /** Whether the 3x3 branches are depthwise separable, as in DeepLab v3+. */
  readonly separable?: boolean;
  /** Dropout of the result. */
  readonly dropout: number;
  /** Names of the branches in their order; torchvision's `convs.0`, `convs.1`, ... unless given. */
  readonly branchNames?: readonly string[];
}

/**
 * One 1x1 convolution, a 3x3 convolution for each rate and the mean over the whole map, side by side, joined by a 1x1
 * convolution; each with BatchNorm and ReLU: [N, C, H, W] to [N, outChannels, H, W]. Parameters are named as in torchvision.
 */
export function aspp(
  scope: Scope,
  x: Value,
  { outChannels, rates, separable = false, dropout: rate, branchNames }: AsppOptions,
): Value {
  const common = { outChannels, initializer: torchDefault };
  const branch = (i: number): Scope => scope.at(branchNames?.[i] ?? `convs.${i}`);
  const point = convNormRelu(branch(0), x, { ...common, kernel: 1, names: [0, 1] });
  const atrous = rates.map((dilation, i) => {
    const at = branch(i + 1);
    if (!separable) return convNormRelu(at, x, { ...common, dilation, names: [0, 1] });
    return relu(at, batchNorm2d(at.at(1), separableConv2d(at.at(0), x, { ...common, dilation })));
  });
  const last = branch(rates.length + 1);
  const mean = last.run(() => GlobalAveragePool(x));
  const pooled = convNormRelu(last, mean, { ...common, kernel: 1, names: [1, 2] });
  const spread = resizeLike(last, pooled, x, { mode: "bilinear" });
  const all = scope.run(() => Concat([point, ...atrous, spread], 1));
  const project = scope.at("project");
  const y = convNormRelu(project, all, { ...common, kernel: 1, names: [0, 1] });
  return dropout(project.at(3), y, rate);
}
