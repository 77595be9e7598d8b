/** @file Makes batches: load, transform, collate. A pure function of the files and (seed, epoch, batch), in whatever thread it runs. */
import { DataError, FileError } from "../../errors/index.js";
import type { WeightMapOptions } from "../../losses/index.js";
import type { RasterData } from "../../raster/raster.js";
import { Random } from "../../util/random.js";
import { type BatchMix, mixBatch } from "../batch-mix.js";
import { loadSample } from "../load.js";
import type { LoadedSample, Sample } from "../sample.js";
import { replacements, type SamplerOptions } from "../sampler.js";
import { type Transform, viewPipeline } from "../transforms/index.js";
import { weightMap } from "../weight-map.js";
import { type Batch, type BrokenSample, collate, type Slot } from "./batch.js";

/** What stays the same for all batches of a loader. Posted once to each worker. */
export interface BatchMakerOptions {
  readonly samples: readonly Sample[];
  readonly transforms: readonly Transform[];
  /** In place of `transforms` for samples with the role `pseudo`. */
  readonly pseudoTransforms: readonly Transform[] | undefined;
  /** Pixel steps of each further view. */
  readonly views: readonly (readonly Transform[])[];
  readonly sampler: SamplerOptions;
  /** A file that cannot be read ends the iteration, or its sample is replaced or left out. */
  readonly onBroken: "stop" | "skip";
  /** The weight map that the loss asks for. */
  readonly weightMap?: WeightMapOptions;
  /** What the images of a batch take from each other. */
  readonly mix?: BatchMix;
}

/** The order for one batch. */
export interface BatchJob {
  readonly epoch: number;
  readonly batch: number;
  /** Sample of each position of the batch. */
  readonly indices: readonly number[];
  /** Samples that need no decoding, by index. Never changed. */
  readonly known: ReadonlyMap<number, LoadedSample>;
  /** Send back what was decoded. */
  readonly keep: boolean;
}

/** A batch with the samples that were decoded for it, or the sample that made it impossible. */
export type BatchResult =
  | { readonly made: Batch; readonly decoded: ReadonlyMap<number, LoadedSample> }
  | { readonly broken: BrokenSample };

/** The same values in memory that threads share. */
function share<Data extends RasterData>(data: Data): Data {
  const memory = new SharedArrayBuffer(data.byteLength);
  // Not `data.constructor`: decoders hand out Node's Buffer as a Uint8Array, and it cannot be made so.
  const copy =
    data instanceof Uint8Array
      ? new Uint8Array(memory)
      : new (data.constructor as new (memory: SharedArrayBuffer) => RasterData)(memory);
  copy.set(data);
  return copy as Data;
}

function broken(sample: Sample, error: DataError | FileError): BrokenSample {
  const file = error.file ?? sample.image;
  // The error's text begins with its file; it gets it back when it is raised again.
  const found = error.found.startsWith(`${file}: `) ? error.found.slice(file.length + 2) : error.found;
  return { id: sample.id, file, found, expected: error.expected, ...(error.next ? { next: error.next } : {}) };
}

/**
 * The function that makes a loader's batches.
 *
 * The randomness of a sample depends on (seed, epoch, position in the epoch). A broken sample is replaced where batches must be full
 * (`dropLast`), else left out, so that evaluation never counts another sample twice.
 *
 * @throws UsageError for transforms that do not exist.
 */
export function batchMaker(options: BatchMakerOptions): (job: BatchJob) => Promise<BatchResult> {
  const { samples, transforms, pseudoTransforms = transforms, views, sampler, onBroken, mix } = options;
  const ignoreIndex = samples[0]?.decode.ignoreIndex ?? 255;
  const trusted = viewPipeline(transforms, views, { ignoreIndex });
  const guessed = viewPipeline(pseudoTransforms, views, { ignoreIndex });

  return async ({ epoch, batch, indices, known, keep }) => {
    const decoded = new Map<number, LoadedSample>();
    const skipped: BrokenSample[] = [];

    /** The transformed sample, or why there is none. */
    const attempt = async (index: number, position: number): Promise<Slot | BrokenSample> => {
      const sample = samples[index]!;
      try {
        const stored = known.get(index);
        const { image, mask, outOfRange } = stored ?? (await loadSample(sample));
        if (keep && !stored)
          decoded.set(index, {
            image: { ...image, data: share(image.data) },
            mask: { ...mask, data: share(mask.data) },
            outOfRange,
          });
        const transform = sample.role === "pseudo" ? guessed : trusted;
        const stream = (...keys: (number | string)[]) => new Random(sampler.seed, "augment", epoch, position, ...keys);
        const pair = transform({ image, mask }, stream(), (view) => stream("view", view));
        const weights = options.weightMap && pair.mask ? { pixelWeights: weightMap(pair.mask, options.weightMap) } : {};
        return { ...pair, ...weights, id: sample.id, file: sample.image, pseudo: sample.role === "pseudo", outOfRange };
      } catch (error) {
        if (error instanceof DataError || error instanceof FileError) return broken(sample, error);
        throw error;
      }
    };

    /** Another sample for a position whose own is broken. */
    const replace = async (position: number): Promise<Slot | BrokenSample> => {
      let last: BrokenSample | undefined;
      for (const index of replacements(sampler, epoch, position)) {
        const slot = await attempt(index, position);
        if (!("found" in slot)) return slot;
        last = slot;
      }
      return { ...last!, found: `${last!.found}, and none of the ${samples.length} samples can be used` };
    };

    const slots: Slot[] = [];
    for (const [i, index] of indices.entries()) {
      const position = batch * sampler.batchSize + i;
      let slot = await attempt(index, position);
      if ("found" in slot) {
        if (onBroken === "stop") return { broken: slot };
        skipped.push(slot);
        if (!sampler.dropLast) continue;
        slot = await replace(position);
        if ("found" in slot) return { broken: slot };
      }
      slots.push(slot);
    }
    try {
      const made = collate(slots, ignoreIndex, { epoch, batch, skipped });
      if (mix) {
        const random = new Random(sampler.seed, "mix", epoch, batch);
        mixBatch(made, mix, { random, pseudo: (n) => slots[n]!.pseudo, ignoreIndex });
      }
      return { made, decoded };
    } catch (error) {
      if (error instanceof DataError) return { broken: broken(samples[indices[0]!]!, error) };
      throw error;
    }
  };
}
