/** @file The last layer of decoders over an encoder: one convolution to the classes, stretched to the image's size. */
import type { Value } from "../graph/types.js";
import { conv2d } from "./conv.js";
import { type Initializer, xavierUniform } from "./initializers.js";
import { resizeLike } from "./resize.js";
import type { Scope } from "./scope.js";

export interface SegmentationHeadOptions {
  readonly numClasses: number;
  readonly kernel: 1 | 3;
  readonly initializer?: Initializer;
  readonly biasInitializer?: Initializer;
}

/**
 * Logits [N, numClasses, H, W] of a feature map in the size of `image` [N, C, H, W]: a convolution at place 0 and bilinear
 * stretching that keeps the corners' centres at place 1, as in segmentation_models.pytorch.
 */
export function segmentationHead(
  scope: Scope,
  x: Value,
  image: Value,
  { numClasses, kernel, initializer = xavierUniform, ...bias }: SegmentationHeadOptions,
): Value {
  const coarse = conv2d(scope.at(0), x, { outChannels: numClasses, kernel, padding: "same", initializer, ...bias });
  return resizeLike(scope.at(1), coarse, image, { mode: "bilinear", alignCorners: true });
}
