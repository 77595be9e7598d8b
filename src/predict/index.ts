/** @file Prediction: model bundles, and predictors that turn images of any size into masks. */
export { Band } from "./band.js";
export { type Bundle, type BundleInfo, readBundle, writeBundle } from "./bundle.js";
export { confidence, entropy, margin } from "./confidence.js";
export { type OpenedModel, openModel, type RecordedWeights } from "./open-model.js";
export { type MapOptions, type PixelMaps, pixelMaps } from "./pixel-maps.js";
export type { Planes } from "./planes.js";
export {
  type Prediction,
  type PredictOptions,
  Predictor,
  type PredictorOptions,
  type ScanOptions,
} from "./predictor.js";
export { type SymmetrySet, symmetryNames } from "./symmetry.js";
export { type TileOptions, tileRows, tileSpans } from "./tiles.js";
