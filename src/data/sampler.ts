/** @file Which samples make which batch: pure functions of (seed, epoch, batch number), so that a run can go on anywhere. */
import { Random } from "../util/random.js";

/** What decides the order of samples. */
export interface SamplerOptions {
  /** Number of samples. */
  readonly count: number;
  /** Samples in a batch. */
  readonly batchSize: number;
  /** A new random order every epoch; false: the order of the data set, as for evaluation. */
  readonly shuffle: boolean;
  readonly seed: number;
  /** Leave out a last batch with fewer than `batchSize` samples. */
  readonly dropLast: boolean;
  /** How likely each sample is when shuffled, in any unit; without them each comes exactly once. */
  readonly weights?: readonly number[];
}

/** Number of batches in an epoch. */
export function batchesPerEpoch({ count, batchSize, dropLast }: SamplerOptions): number {
  return dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
}

/**
 * As many samples as there are, drawn by their weights: one of the expected number n comes floor(n) or ceil(n) times.
 *
 * Systematic sampling: equal steps along the summed weights from a random start, so that an epoch strays little from what is
 * expected of it and rare images come in every epoch.
 */
function drawByWeight(weights: readonly number[], random: Random): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const step = total / weights.length;
  const start = random.uniform() * step;
  const drawn: number[] = [];
  let passed = 0;
  weights.forEach((weight, i) => {
    passed += weight;
    while (drawn.length < weights.length && start + drawn.length * step < passed) drawn.push(i);
  });
  // Rounding may leave the last step just behind the sum.
  while (drawn.length < weights.length) drawn.push(weights.findLastIndex((weight) => weight > 0));
  return drawn;
}

/** The sample of each position in an epoch. Without `dropLast` and weights every sample comes exactly once. */
export function epochOrder({ count, shuffle, seed, weights }: SamplerOptions, epoch: number): number[] {
  if (!shuffle) return Array.from({ length: count }, (_, i) => i);
  const order = new Random(seed, "order", epoch).permutation(count);
  if (!weights) return order;
  const drawn = drawByWeight(weights, new Random(seed, "draw", epoch));
  return order.map((i) => drawn[i]!);
}

/**
 * Samples to try in place of one that cannot be read, in order: all of them once, from a random start.
 *
 * The start depends on the position in the epoch alone, not on what was broken before, so a resumed run tries the same ones.
 */
export function* replacements({ count, seed }: SamplerOptions, epoch: number, position: number): Generator<number> {
  const start = new Random(seed, "replacement", epoch, position).integer(count);
  for (let i = 0; i < count; i++) yield (start + i) % count;
}
