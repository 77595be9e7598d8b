/** @file Batch: what the network is fed with, and how transformed samples are laid out in it. */
import { DataError } from "../../errors/index.js";
import type { PairWithViews } from "../transforms/index.js";

/** A sample that could not be used, in the words of its error. */
export interface BrokenSample {
  readonly id: string;
  /** Absent where no single file is to blame. */
  readonly file?: string;
  readonly found: string;
  readonly expected: string;
  readonly next?: string;
}

/** Samples side by side, as the network reads them. */
export interface Batch {
  /** From 0, as `batch`, which counts within its epoch. */
  readonly epoch: number;
  readonly batch: number;
  /** Number of samples N. */
  readonly size: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** `[N, C, H, W]`. */
  readonly images: Float32Array;
  /** Further views of the images, each `[N, C, H, W]`, as many as were asked for. */
  readonly views: readonly Float32Array[];
  /** Class indices `[N, H, W]`; `ignoreIndex` (255 or 65535) where there is no label. */
  readonly masks: Int32Array;
  /** What the loss's weight map adds to the weight of each pixel, `[N, H, W]`; absent where it has none. */
  readonly pixelWeights?: Float32Array;
  /** The samples' ids, in order. */
  readonly ids: readonly string[];
  /** Samples that were left out or replaced, when broken files are skipped. */
  readonly skipped: readonly BrokenSample[];
  /** For each sample the pixels of its mask file whose value is no class; in `masks` they are ignored. */
  readonly outOfRange: readonly number[];
}

/** One transformed sample on its way into a batch. */
export interface Slot extends PairWithViews {
  readonly id: string;
  readonly file: string;
  /** Whether its mask is a network's. */
  readonly pseudo: boolean;
  readonly outOfRange: number;
  /** The weight map of its mask. */
  readonly pixelWeights?: Float32Array;
}

/** Copies `[H, W, C]` to `[C, H, W]` at `offset`. */
function toPlanes(from: Float32Array, channels: number, to: Float32Array, offset: number): void {
  const plane = from.length / channels;
  for (let c = 0; c < channels; c++) {
    const base = offset + c * plane;
    for (let i = 0, j = c; i < plane; i++, j += channels) to[base + i] = from[j]!;
  }
}

/**
 * Lays samples out side by side.
 *
 * @throws DataError when a sample's size or channels differ from the first one's.
 */
export function collate(
  slots: readonly Slot[],
  ignoreIndex: number,
  where: Pick<Batch, "epoch" | "batch" | "skipped">,
): Batch {
  const { height, width, channels } = slots[0]?.image ?? { height: 0, width: 0, channels: 0 };
  const plane = height * width;
  const images = new Float32Array(slots.length * channels * plane);
  const views = (slots[0]?.views ?? []).map(() => new Float32Array(images.length));
  const masks = new Int32Array(slots.length * plane);
  slots.forEach(({ image, views: seen, mask, file }, n) => {
    if (image.height !== height || image.width !== width || image.channels !== channels)
      throw new DataError({
        file,
        found: `${image.height}x${image.width} with ${image.channels} channels after the transforms`,
        expected: `${height}x${width} with ${channels} channels, like ${slots[0]?.file} in the same batch`,
        next: "Add resize or randomCrop to the transforms, or take batches of 1.",
      });
    toPlanes(image.data, channels, images, n * channels * plane);
    seen.forEach((view, i) => {
      toPlanes(view.data, channels, views[i]!, n * channels * plane);
    });
    if (mask) masks.set(mask.data, n * plane);
    else masks.fill(ignoreIndex, n * plane, (n + 1) * plane);
  });
  const pixelWeights = slots[0]?.pixelWeights && new Float32Array(slots.length * plane);
  slots.forEach((slot, n) => {
    if (slot.pixelWeights) pixelWeights?.set(slot.pixelWeights, n * plane);
  });
  const outOfRange = slots.map((slot) => slot.outOfRange);
  const ids = slots.map((slot) => slot.id);
  return {
    ...where,
    size: slots.length,
    channels,
    height,
    width,
    images,
    views,
    masks,
    ...(pixelWeights ? { pixelWeights } : {}),
    ids,
    outOfRange,
  };
}
