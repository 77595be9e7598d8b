/** @file The two attention blocks of PAN, with the parameter names of segmentation_models.pytorch. */
import { Add, GlobalAveragePool, Mul, Sigmoid } from "../../graph/ops/index.js";
import type { Value } from "../../graph/types.js";
import { convNorm, relu } from "../../nn/blocks.js";
import { kaimingUniform } from "../../nn/initializers.js";
import { padToAtLeast } from "../../nn/padding.js";
import { maxPool2d } from "../../nn/pool.js";
import { type ResizeLayerOptions, resizeLike } from "../../nn/resize.js";
import type { Scope } from "../../nn/scope.js";

const bilinear = { mode: "bilinear", alignCorners: true } as const;

/** Convolution with a bias and BatchNorm. */
const normed = (scope: Scope, x: Value, outChannels: number, kernel: number): Value =>
  convNorm(scope, x, { outChannels, kernel, bias: true, initializer: kaimingUniform });

const active = (scope: Scope, x: Value, outChannels: number, kernel: number): Value =>
  relu(scope, normed(scope, x, outChannels, kernel));

/** Side of the map that the pyramid's three poolings bring down to one pixel. */
const pyramidSide = 8;

/**
 * Feature pyramid attention: `x` [N, C, H, W] in `outChannels` channels, weighed by a map of one channel that has seen halves,
 * quarters and eighths of its size, plus its mean over all positions. Maps of less than 8x8, which the reference cannot
 * take, are padded for the pyramid.
 */
export function featurePyramidAttention(scope: Scope, x: Value, outChannels: number): Value {
  const branch = scope.at("branch1");
  const mean = branch.at(0).run(() => GlobalAveragePool(x));
  const whole = active(branch.at(1), mean, outChannels, 1);
  const middle = active(scope.at("mid", 0), x, outChannels, 1);

  const { padded, crop } = padToAtLeast(scope, x, pyramidSide);
  const down = (name: string, map: Value, kernel: number): Value => {
    const at = scope.at(name);
    return active(at.at(1), maxPool2d(at.at(0), map, { kernel: 2 }), 1, kernel);
  };
  const half = down("down1", padded, 7);
  const quarter = down("down2", half, 5);
  const eighth = active(scope.at("down3", 2), down("down3", quarter, 3), 1, 3);
  const up = (coarse: Value, fine: Value): Value => resizeLike(scope, coarse, fine, bilinear);
  const ofQuarter = active(scope.at("conv2"), quarter, 1, 5);
  const toQuarter = scope.run(() => Add(ofQuarter, up(eighth, quarter)));
  const ofHalf = active(scope.at("conv1"), half, 1, 7);
  const toHalf = scope.run(() => Add(up(toQuarter, half), ofHalf));
  const weights = crop(up(toHalf, padded));
  return scope.run(() => Add(Mul(weights, middle), whole));
}

/**
 * Global attention upsampling: the coarse map [N, C, h, w] stretched to the fine one's size, plus the fine one in C channels,
 * weighed by gates made of the coarse one's means.
 */
export function globalAttentionUpsample(
  scope: Scope,
  fine: Value,
  coarse: Value,
  mode: ResizeLayerOptions["mode"],
): Value {
  const outChannels = coarse.shape[1] as number;
  const wide = resizeLike(scope, coarse, fine, { mode, alignCorners: mode === "bilinear" });
  const detail = active(scope.at("conv2"), fine, outChannels, 3);
  const gates = scope.at("conv1");
  const mean = gates.at(0).run(() => GlobalAveragePool(coarse));
  const gate = normed(gates.at(1), mean, outChannels, 1);
  return scope.run(() => Add(wide, Mul(detail, Sigmoid(gate))));
}
