/** @file The loader: batches in a fixed order, made ahead of the step that uses them. */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { DataError, UsageError } from "../../errors/index.js";
import type { WeightMapOptions } from "../../losses/index.js";
import type { BatchMix } from "../batch-mix.js";
import type { Sample } from "../sample.js";
import { batchesPerEpoch, epochOrder, type SamplerOptions } from "../sampler.js";
import { parseTransforms, type Transform } from "../transforms/index.js";
import type { Batch, BrokenSample } from "./batch.js";
import type { BatchMakerOptions, BatchResult } from "./batch-maker.js";
import { SampleCache } from "./cache.js";
import { type BatchMakers, inlineMaker, WorkerPool } from "./pool.js";

const numbers = z.object({
  batchSize: z.int().positive(),
  workers: z.int().min(0).max(64),
  prefetch: z.int().positive(),
  cacheMegabytes: z.number().min(0),
});

/** Options of {@link createLoader}. */
export interface LoaderOptions {
  readonly samples: readonly Sample[];
  readonly transforms: readonly Transform[];
  /** Used in place of `transforms` for samples with the role `pseudo`. */
  readonly pseudoTransforms?: readonly Transform[];
  /**
   * Further views of each image: lists of pixel transforms, each applied with its own randomness to what the geometric transforms at
   * the beginning of `transforms` made of the image. `images` and `masks` are the same with and without them.
   */
  readonly views?: readonly (readonly Transform[])[];
  readonly batchSize: number;
  /** Decides order and augmentation. Default 0. */
  readonly seed?: number;
  /** A new random order every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is not full. Default: as `shuffle`. */
  readonly dropLast?: boolean;
  /**
   * A file that cannot be read: "stop" (default) raises DataError with its name; "skip" reports it in `skipped` and takes another
   * sample where batches must be full (`dropLast`), none otherwise.
   */
  readonly onBroken?: "stop" | "skip";
  /** The weight map that the loss asks for, made of each mask after the transforms. */
  readonly weightMap?: WeightMapOptions;
  /** What the images of a batch take from each other, with the labels; `views` are left as they are. */
  readonly mix?: BatchMix;
  /**
   * How likely each sample is, in any unit: an epoch draws as many as there are by these weights, where it else visits each once.
   * Only with `shuffle`.
   */
  readonly sampleWeights?: readonly number[];
  /** Worker threads; 0 works in the calling thread. Default: one for every four cores, at least 1, at most 4. */
  readonly workers?: number;
  /** Batches made ahead of the consumer. Default: two for each worker. */
  readonly prefetch?: number;
  /** Memory for decoded samples, in units of 2^20 bytes. Default 512. */
  readonly cacheMegabytes?: number;
}

/** Where an iteration begins and how far it goes. */
export interface LoaderRange {
  /** First epoch, from 0. */
  readonly epoch?: number;
  /** First batch in that epoch, from 0. */
  readonly batch?: number;
  /** Epochs to visit, the first one included; Infinity goes on until the consumer stops. Default 1. */
  readonly epochs?: number;
}

/** Makes batches for as many iterations as wanted; threads and decoded samples are kept between them. */
export interface Loader {
  readonly batchesPerEpoch: number;
  /**
   * Batches from a place on. The same place gives the same batches, bit for bit, whatever the number of workers.
   * Leaving the loop early drops what was made ahead.
   * @throws DataError for a broken file, with its name, unless they are skipped.
   */
  batches(range?: LoaderRange): AsyncGenerator<Batch, void, void>;
  /** Milliseconds that consumers waited for batches since the loader was made. */
  readonly waitedMs: number;
  /** Samples that could not be read, each once, in the order they were met. */
  readonly skipped: readonly BrokenSample[];
  /** For each sample id met: the pixels of its mask whose value is no class, where there are any. */
  readonly outOfRange: ReadonlyMap<string, number>;
  /** Ends the threads. The loader cannot be used afterwards. */
  close(): Promise<void>;
}

class BatchLoader implements Loader {
  readonly batchesPerEpoch: number;
  readonly outOfRange = new Map<string, number>();
  waitedMs = 0;
  private readonly broken = new Map<string, BrokenSample>();
  private readonly closing = new AbortController();

  constructor(
    private readonly sampler: SamplerOptions,
    private readonly makers: BatchMakers,
    private readonly cache: SampleCache,
    private readonly prefetch: number,
  ) {
    this.batchesPerEpoch = batchesPerEpoch(sampler);
  }

  get skipped(): readonly BrokenSample[] {
    return [...this.broken.values()];
  }

  async *batches({ epoch = 0, batch = 0, epochs = 1 }: LoaderRange = {}): AsyncGenerator<Batch, void, void> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, this.closing.signal]);
    const places = this.places(epoch, batch, epoch + epochs);
    const ahead: Promise<BatchResult | undefined>[] = [];
    const fillUp = (): void => {
      while (ahead.length < this.prefetch) {
        const place = places.next();
        if (place.done) return;
        const { indices } = place.value;
        const job = { ...place.value, known: this.cache.pick(indices), keep: this.cache.open };
        const result = this.makers.make(job, signal);
        // A failure is raised when its turn comes; until then nobody listens, which Node would take for a forgotten error.
        result.catch(() => {});
        ahead.push(result);
      }
    };
    try {
      for (;;) {
        fillUp();
        const first = ahead.shift();
        if (!first) return;
        const begun = performance.now();
        const result = await first;
        this.waitedMs += performance.now() - begun;
        if (!result)
          throw new UsageError({ found: "the loader was closed", expected: "an open one while it is iterated" });
        const made = this.accept(result);
        fillUp();
        if (made.size > 0) yield made;
      }
    } finally {
      leaving.abort();
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.makers.close();
  }

  /** The batches of the epochs before `end`, with the samples each consists of. */
  private *places(
    epoch: number,
    batch: number,
    end: number,
  ): Generator<{ epoch: number; batch: number; indices: number[] }> {
    const { batchSize } = this.sampler;
    for (; epoch < end && this.batchesPerEpoch > 0; epoch++, batch = 0) {
      const order = epochOrder(this.sampler, epoch);
      for (; batch < this.batchesPerEpoch; batch++)
        yield { epoch, batch, indices: order.slice(batch * batchSize, (batch + 1) * batchSize) };
    }
  }

  /** Keeps the books on a result. */
  private accept(result: BatchResult): Batch {
    if ("broken" in result) throw new DataError(result.broken);
    for (const [index, sample] of result.decoded) this.cache.add(index, sample);
    const { made } = result;
    for (const sample of made.skipped) if (!this.broken.has(sample.id)) this.broken.set(sample.id, sample);
    made.ids.forEach((id, i) => {
      if (made.outOfRange[i]! > 0) this.outOfRange.set(id, made.outOfRange[i]!);
    });
    return made;
  }
}

function checkNumbers(given: z.input<typeof numbers>): void {
  const result = numbers.safeParse(given);
  if (result.success) return;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new UsageError({ found: `loader options: ${issues.join("; ")}`, expected: "whole numbers in range" });
}

function checkWeights(weights: readonly number[], count: number): void {
  const usable = weights.length === count && weights.every((weight) => weight >= 0) && weights.some((w) => w > 0);
  if (!usable)
    throw new UsageError({
      found: `${weights.length} sample weights${weights.length === count ? ", all of them 0 or some below" : ""}`,
      expected: `${count} numbers from 0 on, one above 0`,
    });
}

/**
 * A loader of the given samples.
 *
 * @throws UsageError for wrong options or transforms; DataError when there are too few samples for one batch.
 */
export function createLoader(options: LoaderOptions): Loader {
  const { samples, batchSize, seed = 0, shuffle = false, dropLast = shuffle, onBroken = "stop" } = options;
  const { workers = Math.min(4, Math.max(1, Math.floor(availableParallelism() / 4))), cacheMegabytes = 512 } = options;
  const { prefetch = 2 * Math.max(1, workers) } = options;
  checkNumbers({ batchSize, workers, prefetch, cacheMegabytes });
  const { transforms, pseudoTransforms, views = [], sampleWeights, weightMap, mix } = options;
  if (sampleWeights) checkWeights(sampleWeights, samples.length);
  const sampler: SamplerOptions = {
    count: samples.length,
    batchSize,
    shuffle,
    seed,
    dropLast,
    ...(sampleWeights ? { weights: sampleWeights } : {}),
  };
  if (batchesPerEpoch(sampler) === 0)
    throw new DataError({
      found: `${samples.length} samples`,
      expected: `at least ${dropLast ? batchSize : 1}, for one batch`,
      next: samples.length > 0 ? `Take batches of at most ${samples.length}.` : "Check the folder of this split.",
    });
  const maker: BatchMakerOptions = {
    samples,
    transforms: parseTransforms(transforms),
    pseudoTransforms: pseudoTransforms && parseTransforms(pseudoTransforms),
    views: views.map(parseTransforms),
    sampler,
    onBroken,
    ...(weightMap ? { weightMap } : {}),
    ...(mix ? { mix } : {}),
  };
  const makers = workers > 0 ? new WorkerPool(maker, workers) : inlineMaker(maker);
  return new BatchLoader(sampler, makers, new SampleCache(cacheMegabytes), prefetch);
}
