/** @file Attention that weighs feature maps: parameters named as in segmentation_models.pytorch. */
import { Add, Mul, ReduceMean, Relu, Sigmoid } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { channelsOf, conv2d } from "./conv.js";
import type { Scope } from "./scope.js";

/**
 * Concurrent spatial and channel squeeze and excitation (Roy et al. 2018, https://arxiv.org/abs/1808.08127):
 * `x * channelGate + x * spatialGate` for [N, C, H, W], gates in (0, 1); the channel gate narrows to C / `reduction`.
 */
export function scse(scope: Scope, x: Value, reduction = 16): Value {
  const channels = channelsOf(x);
  return scope.run(() => {
    const mean = ReduceMean(x, { axes: [2, 3], keepdims: true });
    const narrow = conv2d(scope.at("cSE", 1), mean, { outChannels: Math.floor(channels / reduction), kernel: 1 });
    const channelGate = Sigmoid(conv2d(scope.at("cSE", 3), Relu(narrow), { outChannels: channels, kernel: 1 }));
    const spatialGate = Sigmoid(conv2d(scope.at("sSE", 0), x, { outChannels: 1, kernel: 1 }));
    return Add(Mul(x, channelGate), Mul(x, spatialGate));
  });
}
