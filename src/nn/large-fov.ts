/** @file The classifier of DeepLab's first two versions: VGG's fully connected layers as dilated convolutions with fewer channels. */
import type { Value } from "../graph/types.js";
import { relu } from "./blocks.js";
import { conv2d } from "./conv.js";
import { dropout } from "./dropout.js";
import { normal } from "./initializers.js";
import type { Scope } from "./scope.js";

export interface LargeFovOptions {
  readonly numClasses: number;
  /** Channels of fc6 and fc7. */
  readonly channels: number;
  /** Dilation of fc6, which sets how much of the map it sees. */
  readonly rate: number;
  /** Dropout behind fc6 and fc7. */
  readonly dropout: number;
}

/**
 * A dilated 3x3 convolution `fc6`, 1x1 convolutions `fc7` and `fc8`: coarse logits [N, numClasses, H, W] of a map [N, C, H, W]
 * (Chen et al. 2014, https://arxiv.org/abs/1412.7062).
 */
export function largeFov(scope: Scope, x: Value, { numClasses, channels, rate, dropout: p }: LargeFovOptions): Value {
  const initializer = normal(0.01);
  const connect = (name: string, input: Value, kernel: 1 | 3, dilation: number): Value => {
    const at = scope.at(name);
    const y = conv2d(at, input, { outChannels: channels, kernel, dilation, padding: "same", initializer });
    return dropout(at, relu(at, y), p);
  };
  const fc7 = connect("fc7", connect("fc6", x, 3, rate), 1, 1);
  return conv2d(scope.at("fc8"), fc7, { outChannels: numClasses, kernel: 1, initializer });
}
