/** @file Types of element that weights files store, and all of them as float32, which is what networks are started from. */
import type { DType } from "../graph/types.js";

/** Types of element in files: those of graphs, and some that only files have. */
export type StoredType = DType | "bfloat16" | "int16" | "int8";

/** Bytes of one element. */
export const storedBytes: { readonly [Type in StoredType]: number } = {
  float64: 8,
  int64: 8,
  float32: 4,
  int32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** IEEE half precision as a number: sign, 5 bits of exponent, 10 of fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32 as that float32. */
function bfloatsToFloat32(bytes: Uint8Array): Float32Array {
  const result = new Float32Array(bytes.length / 2);
  const words = new Uint16Array(result.buffer);
  for (let i = 0; i < result.length; i++) words[2 * i + 1] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
  return result;
}

type Read = (view: DataView, at: number) => number;

const readers: { readonly [Type in Exclude<StoredType, "float32" | "bfloat16">]: Read } = {
  float64: (view, at) => view.getFloat64(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  float16: (view, at) => halfToNumber(view.getUint16(at, true)),
  int16: (view, at) => view.getInt16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  bool: (view, at) => view.getUint8(at),
};

/** Little-endian elements as float32: a view of `bytes` where they are float32 in place already, a copy elsewhere. */
export function toFloat32(bytes: Uint8Array, type: StoredType): Float32Array {
  const length = Math.floor(bytes.length / storedBytes[type]);
  if (type === "bfloat16") return bfloatsToFloat32(bytes.subarray(0, 2 * length));
  if (type === "float32") {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, length);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [read, width] = [readers[type], storedBytes[type]];
  return Float32Array.from({ length }, (_, i) => read(view, i * width));
}
