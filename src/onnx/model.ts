/** @file ONNX models as plain objects, encoded to bytes and decoded again. */
import { RuntimeError } from "../errors/index.js";
import { modelMessage } from "./schema.js";

/** Numbers of TensorProto.DataType that Segkit uses. */
export const dataTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 } as const;

/** Numbers of AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

export interface OnnxTensor {
  name?: string;
  dims: number[];
  dataType: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
}

export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: OnnxTensor;
  floats?: number[];
  ints?: number[];
  strings?: Uint8Array[];
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  attribute?: OnnxAttribute[];
}

export interface OnnxDimension {
  dimValue?: number;
  dimParam?: string;
}

export interface OnnxValueInfo {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim: OnnxDimension[] } } };
}

export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
}

export interface OnnxModel {
  irVersion: number;
  producerName: string;
  producerVersion?: string;
  docString?: string;
  graph: OnnxGraph;
  opsetImport: { domain: string; version: number }[];
  metadataProps: { key: string; value: string }[];
}

/** The model as the bytes of an `.onnx` file. */
export const encodeModel = (model: OnnxModel): Uint8Array => modelMessage.encode(model).finish();

/**
 * Reads the bytes of an `.onnx` file.
 *
 * @throws RuntimeError when they are not a model.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  try {
    const message = modelMessage.decode(bytes);
    const model = modelMessage.toObject(message, { longs: Number, arrays: true }) as OnnxModel;
    if (!model.graph) throw new Error("no graph inside");
    return model;
  } catch (error) {
    throw new RuntimeError(
      {
        expected: "an ONNX model",
        found: `bytes that do not decode (${(error as Error).message})`,
        next: "Check that the file is complete.",
      },
      { cause: error },
    );
  }
}
