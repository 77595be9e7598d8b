/** @file The plain head of dilated networks: torchvision's `FCNHead`, which also serves as auxiliary head. */
import type { Value } from "../graph/types.js";
import { convNormRelu } from "./blocks.js";
import { channelsOf, conv2d } from "./conv.js";
import { dropout } from "./dropout.js";
import { torchDefault, uniform } from "./initializers.js";
import type { Scope } from "./scope.js";

/**
 * 3x3 convolution to a quarter of the channels, BatchNorm, ReLU, dropout and a 1x1 convolution: [N, C, H, W] to
 * [N, outChannels, H, W], with the names of a sequence of these five.
 */
export function fcnHead(scope: Scope, x: Value, outChannels: number, rate: number): Value {
  const narrow = Math.max(1, Math.floor(channelsOf(x) / 4));
  const y = convNormRelu(scope, x, { outChannels: narrow, initializer: torchDefault, names: [0, 1] });
  return conv2d(scope.at(4), dropout(scope.at(3), y, rate), {
    outChannels,
    kernel: 1,
    initializer: torchDefault,
    biasInitializer: uniform(1 / Math.sqrt(narrow)),
  });
}
