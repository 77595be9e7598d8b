/**
 * @file Mixing of a batch of labelled images: each takes pixels with their labels from the next one, in boxes (CutMix, Yun et al. 2019,
 * https://arxiv.org/abs/1905.04899) or as the pixels of half of its classes (ClassMix, Olsson et al. 2021,
 * https://arxiv.org/abs/2007.07936).
 */
import { z } from "zod";
import type { Random } from "../util/random.js";
import { cutMixBoxes } from "./mixing.js";

export const mixKinds = ["cutmix", "classmix"] as const;

/** What is pasted, and into which images of a batch: into all, or only into those whose labels are a network's. */
export const batchMixSchema = z.strictObject({ kind: z.enum(mixKinds), into: z.enum(["all", "pseudo"]) });

export type BatchMix = z.output<typeof batchMixSchema>;

/** The arrays of a batch that are mixed: images [N, C, H, W], and the others [N, H, W]. */
export interface MixedBatch {
  readonly size: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly images: Float32Array;
  readonly masks: Int32Array;
  readonly pixelWeights?: Float32Array;
}

/** 1 at the pixels of half of the classes, drawn at random, that `mask` shows, 0 elsewhere; pixels without a label are never taken. */
function halfOfClasses(random: Random, mask: Int32Array, ignoreIndex: number): Float32Array {
  const present = [...new Set(mask)].filter((value) => value !== ignoreIndex).sort((a, b) => a - b);
  const order = random.permutation(present.length).slice(0, Math.ceil(present.length / 2));
  const chosen = new Set(order.map((i) => present[i]!));
  return Float32Array.from(mask, (value) => (chosen.has(value) ? 1 : 0));
}

/** For each image of the batch, where it takes the pixels of the next one: [N, H, W]. */
function taken(
  random: Random,
  { size, height, width, masks }: MixedBatch,
  kind: BatchMix["kind"],
  ignoreIndex: number,
) {
  if (kind === "cutmix") return cutMixBoxes(random, { count: size, height, width, kind: "three" });
  const plane = height * width;
  const places = new Float32Array(masks.length);
  for (let n = 0; n < size; n++) {
    const next = ((n + 1) % size) * plane;
    places.set(halfOfClasses(random, masks.subarray(next, next + plane), ignoreIndex), n * plane);
  }
  return places;
}

/**
 * Mixes a batch in its place; what is pasted is as the images were before any was mixed.
 *
 * @param pseudo whether the labels of image n are a network's
 */
export function mixBatch(
  batch: MixedBatch,
  { kind, into }: BatchMix,
  { random, pseudo, ignoreIndex }: { random: Random; pseudo: (n: number) => boolean; ignoreIndex: number },
): void {
  const { size, channels, height, width } = batch;
  const plane = height * width;
  const places = taken(random, batch, kind, ignoreIndex);
  const before = { images: batch.images.slice(), masks: batch.masks.slice(), weights: batch.pixelWeights?.slice() };
  for (let n = 0; n < size; n++) {
    if (into === "pseudo" && !pseudo(n)) continue;
    const next = (n + 1) % size;
    for (let i = 0; i < plane; i++) {
      if (places[n * plane + i] === 0) continue;
      batch.masks[n * plane + i] = before.masks[next * plane + i]!;
      if (batch.pixelWeights) batch.pixelWeights[n * plane + i] = before.weights![next * plane + i]!;
      for (let c = 0; c < channels; c++)
        batch.images[(n * channels + c) * plane + i] = before.images[(next * channels + c) * plane + i]!;
    }
  }
}
