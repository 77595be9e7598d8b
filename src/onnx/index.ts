/** @file ONNX models as plain objects, read and written. */
export {
  attributeTypes,
  dataTypes,
  decodeModel,
  encodeModel,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "./model.js";
