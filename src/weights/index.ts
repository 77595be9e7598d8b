/** @file Weights as named tensors: safetensors files, names of other projects, comparison. */
export { compareTensors, requireTensors, type TensorDifference, type TensorMismatch } from "./compare.js";
export { type CheckpointProject, commonRules, type NameRule, ourName, projectRules } from "./names.js";
export { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from "./safetensors.js";
export type { NamedTensor, NamedTensors, TensorSpec } from "./tensor.js";
