/** @file Layers that own parameters, and how parameters start. */
export { scse } from "./attention.js";
export { type ConvNormOptions, convNorm, convNormRelu, relu } from "./blocks.js";
export {
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  channelsOf,
  conv2d,
  convTranspose2d,
  type Pair,
} from "./conv.js";
export { dropout, dropout2d, dropPath, randomField } from "./dropout.js";
export {
  bilinearUpsampling,
  constant,
  type Initializer,
  initialize,
  kaimingNormal,
  kaimingNormalFanOut,
  kaimingUniform,
  normal,
  ones,
  torchDefault,
  uniform,
  xavierUniform,
  zeros,
} from "./initializers.js";
export { type LinearOptions, linear } from "./linear.js";
export {
  type BatchNorm2dOptions,
  batchNorm2d,
  groupNorm,
  instanceNorm2d,
  layerNorm,
  type NormOptions,
} from "./norm.js";
export { mirrorAround, type Padded, type PaddingMode, padToAtLeast, padToMultiple } from "./padding.js";
export { averagePool2d, maxPool2d, type Pool2dOptions } from "./pool.js";
export { prelu } from "./prelu.js";
export { type ResizeLayerOptions, resizeBy, resizeLike, resizeTo } from "./resize.js";
export { type Mode, NetworkState, type NetworkStateOptions, Scope, type StateSpec } from "./scope.js";
export { type StridedNetwork, shiftAndStitch } from "./shift-and-stitch.js";
