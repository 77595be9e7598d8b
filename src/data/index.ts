/** @file Data sets: opening, classes, loading of samples, splits, statistics. */
export { type ClassFile, findClassFile, parseClassFile, readClassFile } from "./class-file.js";
export {
  type ClassEntry,
  type ClassTable,
  classTableOf,
  classTableToJson,
  makeClassTable,
  normalised,
} from "./classes.js";
export { type CocoFile, type CocoImage, parseCoco, readCoco } from "./coco.js";
export { type Dataset, type DatasetOptions, openDataset } from "./dataset.js";
export { type DecodedMask, decodeMask } from "./decode-mask.js";
export { decodingOf, type EncodingName } from "./encoding.js";
export {
  absolutePaths,
  type FewLabelOptions,
  forScores,
  type LabelShare,
  markInside,
  type PseudoList,
} from "./few-labels/index.js";
export { type LayoutName, layouts } from "./layouts/layouts.js";
export { loadMask, loadSample } from "./load.js";
export type {
  ColourDecoding,
  IgnoreIndex,
  LabelShape,
  LoadedSample,
  MaskDecoding,
  NoLabels,
  Sample,
  ShapeDecoding,
  ValueDecoding,
} from "./sample.js";
export { rareClasses, type SamplingRule, sampleWeights, samplingRules } from "./sampling.js";
export { paintShape, parseRuns, rasterise } from "./shapes.js";
export { splitByFold, splitBySeed } from "./split.js";
export {
  type ChannelStatistics,
  type ClassCounts,
  channelStatistics,
  classWeights,
  countClasses,
  type ImageMoments,
  imageMoments,
  type WeightRule,
  weightRules,
} from "./statistics.js";
export { weightMap } from "./weight-map.js";
