/** @file Prediction: model bundles, and predictors that turn images of any size into masks. */
export { type Bundle, type BundleInfo, readBundle, writeBundle } from "./bundle.js";
export { type OpenedModel, openModel } from "./open-model.js";
export type { Planes } from "./planes.js";
export { type Prediction, type PredictOptions, Predictor, type PredictorOptions } from "./predictor.js";
export { type SymmetrySet, symmetryNames } from "./symmetry.js";
export { type TileOptions, tileRows, tileSpans } from "./tiles.js";
