/** @file Gradient clipping, over all gradients at once. Pascanu et al.: On the difficulty of training recurrent networks, https://arxiv.org/abs/1211.5063 */
import { z } from "zod";
import { GraphError } from "../errors/index.js";
import { Add, Clip, Div, Min, Mul, ReduceSumSquare, Sqrt } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";

/** `norm` bounds the Euclidean norm of all gradients together, `value` each element. */
export const clippingSchema = z.strictObject({
  norm: z.number().positive().optional(),
  value: z.number().positive().optional(),
});

export type Clipping = z.output<typeof clippingSchema>;

/** Euclidean norm of all gradients together; a scalar. */
export function globalNorm(gradients: readonly Value[]): Value {
  if (gradients.length === 0) throw new GraphError({ expected: "at least one gradient", found: "none" });
  return Sqrt(gradients.map((gradient) => ReduceSumSquare(gradient)).reduce((a, b) => Add(a, b)));
}

/** Gradients times `min(1, maximum / (norm + 1e-6))`, as PyTorch's `clip_grad_norm_`, and the norm before. */
export function clipByNorm(gradients: readonly Value[], maximum: number): { gradients: Value[]; norm: Value } {
  const norm = globalNorm(gradients);
  const factor = Min(Div(maximum, Add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => Mul(gradient, factor)), norm };
}

/** Every element within `-limit..limit`. */
export const clipByValue = (gradients: readonly Value[], limit: number): Value[] =>
  gradients.map((gradient) => Clip(gradient, -limit, limit));
