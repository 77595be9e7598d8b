/** @file Tensors of a PyTorch checkpoint as float32 in row-major order, cut from their storages by offset and stride. */
import { CheckpointError } from "../errors/index.js";
import { elements, type NamedTensor } from "./tensor.js";
import type { TorchStorage, TorchTensor } from "./torch-globals.js";

/** Gives the elements of a storage as float32; equal keys give the same array, which tied tensors then share. */
export type StorageReader = (storage: TorchStorage) => Float32Array;

/**
 * Elements that may be made by copying, beyond those in the file: a tensor of stride 0 is of any size in a few bytes, and
 * a file of a few KB must not fill the memory.
 */
const spareElements = 2 ** 26;

const isContiguous = ({ shape, stride }: TorchTensor): boolean => {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
};

/** Copies what the strides pick, rows first. */
function gather(from: Float32Array, { offset, shape, stride }: TorchTensor): Float32Array {
  const result = new Float32Array(elements(shape));
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < result.length; i++) {
    result[i] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/**
 * Reads tensors one after the other. Contiguous ones are views of their storage.
 *
 * @throws CheckpointError when a tensor reaches beyond its storage, or all together beyond all measure.
 */
export function tensorReader(read: StorageReader, file: string): (name: string, tensor: TorchTensor) => NamedTensor {
  let spare = spareElements;
  return (name, tensor) => {
    const { storage, offset, shape, stride } = tensor;
    const broken = (found: string): CheckpointError =>
      new CheckpointError({
        found: `${file}: tensor ${name} of [${shape.join(", ")}] ${found}`,
        expected: "a complete PyTorch checkpoint",
        next: "Use another copy of the file.",
      });
    const count = elements(shape);
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * stride[axis]!, offset);
    if (count > 0 && !(last < storage.length))
      throw broken(`reaches to element ${last} of a storage of ${storage.length}`);
    if (count === 0) return { dtype: "float32", shape, data: new Float32Array(0) };
    const stored = read(storage);
    if (isContiguous(tensor)) return { dtype: "float32", shape, data: stored.subarray(offset, offset + count) };
    if (count > storage.length) spare -= count;
    if (spare < 0) throw broken("repeats its elements beyond all measure");
    return { dtype: "float32", shape, data: gather(stored, tensor) };
  };
}
