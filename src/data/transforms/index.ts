/** @file Transforms of images and masks together: plain data, checked, seeded, applied with one resampling. */
export { affine, rotate } from "./affine.js";
export { blur } from "./blur.js";
export { colorJitter } from "./color-jitter.js";
export { elastic } from "./elastic.js";
export { horizontalFlip, verticalFlip } from "./flip.js";
export type { Frame } from "./geometry.js";
export { grayscale } from "./grayscale.js";
export { noise } from "./noise.js";
export { normalize } from "./normalize.js";
export {
  type PairWithViews,
  type Pipeline,
  type PipelineOptions,
  pipeline,
  type TransformedPair,
  type ViewPipeline,
  viewPipeline,
} from "./pipeline.js";
export {
  type EvalTransformOptions,
  evalTransforms,
  imagenetStatistics,
  type StrongTransformOptions,
  strongTransforms,
  type TrainTransformOptions,
  trainTransforms,
} from "./presets.js";
export { randomCrop } from "./random-crop.js";
export { randomScale } from "./random-scale.js";
export { resize } from "./resize.js";
export type { Pair, Transform } from "./transform.js";
export { parseTransforms, transformKinds } from "./transforms.js";
