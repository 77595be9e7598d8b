/** @file Weights of an ONNX model: its initializers by name. Exporters of PyTorch keep the names of the state dict where they fuse nothing. */
import { CheckpointError } from "../errors/index.js";
import { dataTypes, decodeModel, type OnnxTensor } from "../onnx/index.js";
import { type StoredType, storedBytes, toFloat32 } from "./stored-types.js";
import { elements, type NamedTensor } from "./tensor.js";

/** Numbers of TensorProto.DataType that weights have. */
const typeOf = new Map<number, StoredType>([
  ...(Object.entries(dataTypes) as [StoredType, number][]).map(([type, n]): [number, StoredType] => [n, type]),
  [3, "int8"],
  [5, "int16"],
  [16, "bfloat16"],
]);

/** Types whose numbers stand in `int32Data` as their bits, two bytes each. */
const inHalves: readonly StoredType[] = ["float16", "bfloat16"];

/** Numbers of a tensor that are not raw bytes but a list of their kind. */
function fromLists({ floatData, doubleData, int64Data, int32Data }: OnnxTensor, type: StoredType): Float32Array {
  const [first] = [floatData, doubleData, int64Data].filter((list) => list && list.length > 0);
  if (first) return Float32Array.from(first);
  if (!inHalves.includes(type)) return Float32Array.from(int32Data ?? []);
  return toFloat32(new Uint8Array(Uint16Array.from(int32Data ?? []).buffer), type);
}

/**
 * The initializers of a model as float32.
 *
 * @throws CheckpointError when the bytes are no ONNX model, or its numbers stand in files beside it.
 */
export function readOnnxWeights(bytes: Uint8Array, file: string): Map<string, NamedTensor> {
  const tensors = new Map<string, NamedTensor>();
  for (const tensor of initializersOf(bytes, file)) {
    const { name = "", dims, dataType, rawData } = tensor;
    const type = typeOf.get(dataType);
    // Texts and numbers of 4 bits are no weights.
    if (type === undefined) continue;
    const data =
      rawData && rawData.length > 0
        ? toFloat32(rawData.subarray(0, elements(dims) * storedBytes[type]), type)
        : fromLists(tensor, type);
    if (data.length !== elements(dims))
      throw new CheckpointError({
        found: `${file}: initializer ${name} has ${data.length} numbers for [${dims.join(", ")}]`,
        expected: "the numbers of every initializer inside the file",
        next: "Export the model with its weights in the file, not beside it.",
      });
    tensors.set(name, { dtype: "float32", shape: dims, data });
  }
  if (tensors.size === 0)
    throw new CheckpointError({
      found: `${file}: an ONNX model without initializers`,
      expected: "a model that holds its weights",
      next: "Export the model with its weights.",
    });
  return tensors;
}

function initializersOf(bytes: Uint8Array, file: string): readonly OnnxTensor[] {
  try {
    return decodeModel(bytes).graph.initializer;
  } catch (error) {
    throw new CheckpointError(
      {
        found: `${file} is no weights file that Segkit knows (${(error as Error).message})`,
        expected: "a PyTorch checkpoint (.pth), safetensors or ONNX",
        next: "Check that the file is complete.",
      },
      { cause: error },
    );
  }
}
