/** @file Sums of losses: several losses of one output, and one loss of several outputs. */
import { UsageError } from "../errors/index.js";
import { Add, Mul } from "../graph/ops/index.js";
import type { Value } from "../graph/types.js";
import type { LossFunction } from "./loss.js";

export interface WeightedLoss {
  readonly loss: LossFunction;
  readonly weight: number;
}

const scaled = (value: Value, weight: number): Value => (weight === 1 ? value : Mul(value, weight));

/**
 * `sum_k weight_k * loss_k`.
 *
 * @throws UsageError for an empty list.
 */
export function weightedSum(terms: readonly WeightedLoss[]): LossFunction {
  if (terms.length === 0) throw new UsageError({ expected: "at least one loss", found: "an empty list of losses" });
  return (logits, target, pixelWeights) =>
    terms.map(({ loss, weight }) => scaled(loss(logits, target, pixelWeights), weight)).reduce((a, b) => Add(a, b));
}

/**
 * Loss of the main output plus the weighted loss of each auxiliary one, all `[N, C, H, W]` in the target's size.
 *
 * @param weights one for all auxiliary outputs, or one for each; PSPNet's is 0.4
 * @throws UsageError when there are not as many weights as auxiliary outputs.
 */
export function withAuxiliary(
  loss: LossFunction,
  weights: number | readonly number[],
): (logits: Value, auxiliary: readonly Value[], target: Value) => Value {
  return (logits, auxiliary, target) => {
    const each = typeof weights === "number" ? auxiliary.map(() => weights) : weights;
    if (each.length !== auxiliary.length)
      throw new UsageError({
        expected: `${auxiliary.length} weights for as many auxiliary outputs`,
        found: `${each.length}`,
      });
    const terms = auxiliary.map((output, i) => scaled(loss(output, target), each[i]!));
    return [loss(logits, target), ...terms].reduce((a, b) => Add(a, b));
  };
}
