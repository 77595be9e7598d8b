/** @file Kullback-Leibler divergence between two predictions. Hinton et al.: Distilling the Knowledge, https://arxiv.org/abs/1503.02531 */
import { Exp, LogSoftmax, Mul, Sub } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import { total } from "./targets.js";

/**
 * Mean over pixels of `sum_c q_c (log q_c - log p_c)`, p and q the softmax of `logits` and `targetLogits` `[N, C, ...]` over
 * the temperature. At a temperature T it is multiplied by T^2, so that its gradients keep their size.
 */
export function klDivergence(logits: Value, targetLogits: Value, temperature = 1): Value {
  const pixels = (logits.shape as readonly number[]).reduce((p, d, axis) => (axis === 1 ? p : p * d), 1);
  const soft = (x: Value): Value => LogSoftmax(temperature === 1 ? x : Mul(x, 1 / temperature), 1);
  const [log, logTarget] = [soft(logits), soft(targetLogits)];
  return Mul(total(Mul(Exp(logTarget), Sub(logTarget, log))), temperature ** 2 / pixels);
}
