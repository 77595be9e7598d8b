/** @file Decoded samples in memory, so that a data set that fits is decoded once. Batches are the same with and without. */
import type { LoadedSample } from "../sample.js";

/** Bytes a sample takes. */
function bytes({ image, mask }: LoadedSample): number {
  return image.data.byteLength + mask.data.byteLength;
}

/**
 * Keeps samples until it is full, and then those it has: an epoch visits every sample once, so whatever was thrown out to make room
 * would be wanted again as soon as what replaced it.
 */
export class SampleCache {
  private readonly samples = new Map<number, LoadedSample>();
  private room: number;

  /** @param megabytes of 2^20 bytes; 0 keeps nothing */
  constructor(megabytes: number) {
    this.room = megabytes * 2 ** 20;
  }

  /** False once a sample did not fit. */
  get open(): boolean {
    return this.room > 0;
  }

  /** Those of `indices` that are kept. */
  pick(indices: readonly number[]): Map<number, LoadedSample> {
    const known = new Map<number, LoadedSample>();
    for (const index of indices) {
      const sample = this.samples.get(index);
      if (sample) known.set(index, sample);
    }
    return known;
  }

  /** Keeps a sample if there is room. */
  add(index: number, sample: LoadedSample): void {
    if (this.samples.has(index)) return;
    this.room -= bytes(sample);
    if (this.room >= 0) this.samples.set(index, sample);
  }
}
