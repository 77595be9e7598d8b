/** @file Tensors with numbers in them, as they enter and leave a session. */
import type { ConstantData, DType } from "../graph/types.js";

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
}

/** A float32 tensor [shape]. */
export const float32 = (data: Float32Array | readonly number[], shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
});

/** An int32 tensor [shape]. */
export const int32 = (data: Int32Array | readonly number[], shape: readonly number[]): Tensor => ({
  dtype: "int32",
  shape,
  data: data instanceof Int32Array ? data : Int32Array.from(data),
});

export const elementCount = (shape: readonly number[]): number => shape.reduce((p, d) => p * d, 1);
