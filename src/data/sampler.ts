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
}

/** Number of batches in an epoch. */
export function batchesPerEpoch({ count, batchSize, dropLast }: SamplerOptions): number {
  return dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
}

/** The sample of each position in an epoch. Without `dropLast` every sample comes exactly once. */
export function epochOrder({ count, shuffle, seed }: SamplerOptions, epoch: number): number[] {
  if (shuffle) return new Random(seed, "order", epoch).permutation(count);
  return Array.from({ length: count }, (_, i) => i);
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
