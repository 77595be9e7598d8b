/** @file Attention (https://arxiv.org/abs/1706.03762). */
import type { Dim } from "../dim.js";
import type { Value } from "../types.js";
import { Add, Mul } from "./arithmetic.js";
import { mismatch } from "./define.js";
import { MatMul } from "./matrix.js";
import { Reshape, Split, Squeeze, Transpose } from "./shape.js";
import { Softmax } from "./softmax.js";

/** `softmax(query key' / sqrt(D)) value` over the last two axes: [..., L, D], [..., S, D], [..., S, E] to [..., L, E]. */
export function ScaledDotProductAttention(query: Value, key: Value, value: Value): Value {
  const depth = query.shape.at(-1) as number;
  // The scale is put on the query, the smallest of the tensors that could take it.
  return MatMul(Softmax(MatMul(Mul(query, 1 / Math.sqrt(depth)), key, { transB: true }), -1), value);
}

export interface MultiHeadAttentionWeights {
  /** [3E, E]: rows for query, key and value, as in PyTorch's `in_proj_weight`. */
  readonly inWeight: Value;
  /** [3E]. */
  readonly inBias?: Value | undefined;
  /** [E, E]. */
  readonly outWeight: Value;
  /** [E]. */
  readonly outBias?: Value | undefined;
}

/** Self-attention of tokens `x` [N, L, E] in `heads` heads of E / heads channels. */
export function MultiHeadSelfAttention(x: Value, heads: number, weights: MultiHeadAttentionWeights): Value {
  const [n, l, e] = x.shape as [Dim, Dim, number];
  if (e % heads !== 0) throw mismatch(`a number of heads that divides ${e} channels`, String(heads));
  const linear = (v: Value, weight: Value, bias: Value | undefined): Value => {
    const y = MatMul(v, weight, { transB: true });
    return bias ? Add(y, bias) : y;
  };
  const projected = Reshape(linear(x, weights.inWeight, weights.inBias), [n, l, 3, heads, e / heads]);
  const parts = Split(Transpose(projected, [2, 0, 3, 1, 4]), 0, [1, 1, 1]);
  const [query, key, value] = parts.map((part) => Squeeze(part, [0])) as [Value, Value, Value];
  const mixed = Transpose(ScaledDotProductAttention(query, key, value), [0, 2, 1, 3]);
  return linear(Reshape(mixed, [n, l, e]), weights.outWeight, weights.outBias);
}
