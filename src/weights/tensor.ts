/** @file NamedTensor: a tensor as weights files hold it, and the types of element those files and Segkit share. */
import type { ConstantData, DType } from "../graph/types.js";

/** A tensor with its numbers, rows first. The name is the key of the map it stands in. */
export interface NamedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

/** Tensors by name, in the order they are written. */
export type NamedTensors = ReadonlyMap<string, NamedTensor>;

/** Name and shape of a tensor without its numbers: what a network asks of a file. */
export type TensorSpec = Pick<NamedTensor, "dtype" | "shape">;

interface ArrayKind {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ConstantData;
}

/** The typed array that holds elements of each type. */
export const arrayKinds: { readonly [Type in DType]: ArrayKind } = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
