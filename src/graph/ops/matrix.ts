/** @file Matrix products over the last two axes, with either factor transposed in place. */
import { compatible, shapeText } from "../dim.js";
import type { OpSpec, Value } from "../types.js";
import { apply1, broadcastShapes, commonType, mismatch } from "./define.js";
import { Transpose } from "./shape.js";

export interface MatMulAttributes {
  readonly [name: string]: boolean;
  readonly transA: boolean;
  readonly transB: boolean;
}

const matMul: OpSpec<MatMulAttributes> = {
  infer: ([a, b], { transA, transB }) => {
    if (a!.shape.length < 2 || b!.shape.length < 2)
      throw mismatch("factors of at least 2 dimensions", `${shapeText(a!.shape)} and ${shapeText(b!.shape)}`);
    const [p, q] = [a!.shape.slice(-2), b!.shape.slice(-2)];
    const [rows, inner] = transA ? [p[1]!, p[0]!] : [p[0]!, p[1]!];
    const [inner2, columns] = transB ? [q[1]!, q[0]!] : [q[0]!, q[1]!];
    if (!compatible(inner, inner2))
      throw mismatch("equal inner sizes", `${shapeText(a!.shape)} by ${shapeText(b!.shape)}`);
    return [
      {
        dtype: commonType([a!, b!]),
        shape: [...broadcastShapes(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), rows, columns],
      },
    ];
  },
  // Only FusedMatMul transposes in place, and only on CPU and wasm, in float32.
  lower: ([a, b], { transA, transB }, target) => {
    if (!transA && !transB) return null;
    if (target === "cpu" && a!.dtype === "float32") return null;
    return [MatMul(transA ? swapLast(a!) : a!, transB ? swapLast(b!) : b!)];
  },
  emit: ({ transA, transB }) =>
    transA || transB
      ? { op: "FusedMatMul", domain: "com.microsoft", attributes: { transA, transB } }
      : { attributes: {} },
};

function swapLast(x: Value): Value {
  const rank = x.shape.length;
  return Transpose(
    x,
    x.shape.map((_, i) => (i === rank - 2 ? rank - 1 : i === rank - 1 ? rank - 2 : i)),
  );
}

export const matrixOps = { MatMul: matMul } satisfies Record<string, OpSpec>;

/** Matrix product over the last two axes, leading axes broadcast: `[..., M, K] x [..., K, N] -> [..., M, N]`. */
export const MatMul = (a: Value, b: Value, { transA = false, transB = false } = {}): Value =>
  apply1("MatMul", matMul, [a, b], { transA, transB });
