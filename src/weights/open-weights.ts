/** @file Opens a file of weights of any kind. The kind is told by the first bytes, never by the name. */
import { CheckpointError } from "../errors/index.js";
import { type ByteSource, openBytes } from "./bytes.js";
import { readOnnxWeights } from "./onnx-weights.js";
import { pickTensors } from "./pick-tensors.js";
import { decodeSafetensors } from "./safetensors.js";
import { toFloat32 } from "./stored-types.js";
import type { NamedTensor } from "./tensor.js";
import { isTorchLegacy, openTorchLegacy } from "./torch-legacy.js";
import { openTorchZip } from "./torch-zip.js";

export type WeightsFormat = "torch" | "safetensors" | "onnx";

/** What a file of weights holds. */
export interface OpenedWeights {
  readonly format: WeightsFormat;
  /** Where in the file the tensors stood, e.g. `state_dict`; empty where they are all there is. */
  readonly part: string;
  /** Other places with tensors, which `part` could ask for. */
  readonly others: readonly string[];
  /** All float32, by the names in the file. */
  readonly tensors: Map<string, NamedTensor>;
}

/** Files that are taken for weights and are none, by how they begin, with what to do. */
const mistaken: readonly (readonly [begins: RegExp, what: string, next: string])[] = [
  [/^\s*<(!doctype|html|\?xml)/i, "a web page", "Download the file itself, not the page around it."],
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS", "Fetch the file itself: git lfs pull."],
  [/^\u0089HDF/, "an HDF5 file (Keras)", "Convert it to safetensors."],
  [/^[^ -\u00ff]\u008b/, "a gzip file", "Unpack it first."],
  [/^\{/, "JSON", "Give the file of the weights, e.g. model.safetensors."],
];

const broken = (found: string, next: string): CheckpointError =>
  new CheckpointError({ found, expected: "a PyTorch checkpoint (.pth), safetensors or ONNX", next });

/** safetensors begin with the length of their header, which fits into the file and begins with a brace. */
const isSafetensors = (head: Uint8Array): boolean => head[7] === 0 && head[6] === 0 && head[8] === 0x7b;

function openSafetensors(source: ByteSource, file: string): OpenedWeights {
  const { tensors } = decodeSafetensors(source.read(0, source.size), file);
  const floats = Array.from(tensors, ([name, { dtype, shape, data }]): [string, NamedTensor] => [
    name,
    { dtype: "float32", shape, data: toFloat32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dtype) },
  ]);
  return { format: "safetensors", part: "", others: [], tensors: new Map(floats) };
}

/**
 * Reads the weights of a file: a PyTorch checkpoint (ZIP or older), safetensors, or ONNX. No code in it is executed.
 *
 * @param part which dict of a PyTorch checkpoint to take, e.g. `model_ema`; without it the one with the most numbers
 * @throws FileError when the file cannot be read; CheckpointError when it is damaged, holds no weights, or asks for Python
 *   objects beyond tensors.
 * @example
 * const { tensors, part } = openWeights("resnet18.pth");
 * tensors.get("conv1.weight")?.shape; // [64, 3, 7, 7]
 */
export function openWeights(file: string, part?: string): OpenedWeights {
  const source = openBytes(file);
  try {
    return openSource(source, file, part);
  } finally {
    source.close();
  }
}

function openSource(source: ByteSource, file: string, part: string | undefined): OpenedWeights {
  const head = source.read(0, 32);
  const text = Buffer.from(head).toString("latin1");
  const torch = text.startsWith("PK\u0003\u0004") ? openTorchZip : isTorchLegacy(head) ? openTorchLegacy : undefined;
  if (torch) {
    const { value, read } = torch(source, file);
    return { format: "torch", ...pickTensors(value, read, file, part) };
  }
  if (part !== undefined)
    throw broken(`${file} has no part ${part}: it is no PyTorch checkpoint`, "Leave out the # and what follows.");
  if (source.size === 0) throw broken(`${file} is empty`, "Use another copy of the file.");
  if (isSafetensors(head)) return openSafetensors(source, file);
  const mistake = mistaken.find(([begins]) => begins.test(text));
  if (mistake) throw broken(`${file} is ${mistake[1]}`, mistake[2]);
  if (head[0] === 0x80)
    throw broken(
      `${file} is a Python pickle that torch.save did not write`,
      `Nothing was executed. Save a state dict: torch.save(model.state_dict(), "weights.pth").`,
    );
  const tensors = readOnnxWeights(source.read(0, source.size), file);
  return { format: "onnx", part: "", others: [], tensors };
}
