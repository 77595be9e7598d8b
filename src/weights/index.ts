/** @file Weights as named tensors: files of PyTorch, safetensors and ONNX, downloads, names of other projects, fitting to a network. */
export { compareTensors, requireTensors, type TensorDifference, type TensorMismatch } from "./compare.js";
export { type Downloaded, type DownloadOptions, type DownloadProgress, download } from "./download.js";
export { imagenetWeights, type PretrainedWeights } from "./imagenet.js";
export {
  type FitOptions,
  type FitReport,
  type FittedWeights,
  fitText,
  fitWeights,
  type TargetNetwork,
} from "./load-into.js";
export { type OpenedWeights, openWeights, type WeightsFormat } from "./open-weights.js";
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from "./safetensors.js";
export { fetchWeights, type LocalWeights, type SourceOptions } from "./source.js";
export type { NamedTensor, NamedTensors, TensorSpec } from "./tensor.js";
