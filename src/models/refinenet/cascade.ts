/**
 * @file What RefineNet (Lin et al. 2017, https://arxiv.org/abs/1611.06612) is made of: residual convolution units, chained residual
 * pooling, and the cascade that joins four feature maps from coarse to fine. Names of layers are those of DrSleep's projects.
 */
import { Add } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { relu } from "../../nn/blocks.js";
import { channelsOf } from "../../nn/conv.js";
import { dropout } from "../../nn/dropout.js";
import { maxPool2d } from "../../nn/pool.js";
import { resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";
import { torchConv2d } from "../../nn/torch-conv.js";

const sum = (scope: Scope, a: Value, b: Value): Value => scope.run(() => Add(a, b));

/** Residual convolution units: `x + 3x3(relu(3x3(relu(x))))`, `count` times. */
function residualUnits(scope: Scope, x: Value, count: number): Value {
  const layer = (name: string, y: Value, bias: boolean): Value =>
    torchConv2d(scope.at(0, name), relu(scope, y), { outChannels: channelsOf(x), kernel: 3, padding: "same", bias });
  let y = x;
  for (let unit = 1; unit <= count; unit++) {
    const first = layer(`${unit}_conv`, y, true);
    y = sum(scope, y, layer(`${unit}_conv_relu_varout_dimred`, first, false));
  }
  return y;
}

/** Poolings in a chain: the sum of `x` and four maps, each the one before, pooled 5x5 and convolved. */
export function chainedPooling(scope: Scope, x: Value, kernel: 1 | 3): Value {
  let top = x;
  let y = x;
  for (let link = 1; link <= 4; link++) {
    const pooled = maxPool2d(scope, top, { kernel: 5, stride: 1, padding: 2 });
    const name = scope.at(0, `${link}_outvar_dimred`);
    top = torchConv2d(name, pooled, { outChannels: channelsOf(x), kernel, padding: "same", bias: false });
    y = sum(scope, y, top);
  }
  return y;
}

/** `x` stretched to another map's size; the corners' centres stay. */
export const stretchLike = (scope: Scope, x: Value, like: Value): Value =>
  resizeLike(scope, x, like, { mode: "bilinear", alignCorners: true });

export interface CascadeOptions {
  /** Side of the convolutions outside the residual units. */
  readonly kernel: 1 | 3;
  /** Whether there are residual convolution units before and behind each fusion. */
  readonly units: boolean;
  /** Channels of the fine levels; the coarsest has twice as many. */
  readonly channels: number;
  /** Dropout of the two coarsest maps. */
  readonly dropout: number;
}

/**
 * Joins `maps` [N, C, H, W], from coarse to fine: each is narrowed, added to what comes from the coarser ones, and pooled in
 * a chain. The result has the last map's size.
 */
export function refinementCascade(scope: Scope, maps: readonly Value[], options: CascadeOptions): Value {
  const { kernel, units, channels } = options;
  const layer = (name: string, x: Value, outChannels: number): Value =>
    torchConv2d(scope.at(name), x, { outChannels, kernel, padding: "same", bias: false });
  const refine = (name: string, x: Value, count: number): Value =>
    units ? residualUnits(scope.at(name), x, count) : x;
  let coarse: Value | undefined;
  for (const [i, map] of maps.entries()) {
    const level = i + 1;
    const kept = i < 2 ? dropout(scope.at("do", level), map, options.dropout) : map;
    const narrow = layer(`p_ims1d2_outl${level}_dimred`, kept, coarse ? channels : 2 * channels);
    let y = refine(`adapt_stage${level}_b`, narrow, 2);
    if (coarse) {
      const own = layer(`adapt_stage${level}_b2_joint_varout_dimred`, y, channels);
      y = sum(scope, own, stretchLike(scope, coarse, map));
    }
    const pooled = chainedPooling(scope.at(`mflow_conv_g${level}_pool`), relu(scope, y), kernel);
    const refined = refine(`mflow_conv_g${level}_b`, pooled, 3);
    coarse = level < maps.length ? layer(`mflow_conv_g${level}_b3_joint_varout_dimred`, refined, channels) : refined;
  }
  return coarse!;
}
