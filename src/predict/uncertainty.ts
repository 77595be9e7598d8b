/** @file How unsure a model is of a whole image, to choose what a person should label next (active learning). */
import type { Raster } from "../raster/raster.js";
import { confidence, entropy, margin } from "./confidence.js";
import type { Predictor, ScanOptions } from "./predictor.js";

/**
 * What images are ranked by, each a mean over pixels of 0 (sure) to 1: `entropy` over ln K, `margin` = 1 minus the gap of the best
 * two classes, `least-confidence` = 1 minus the largest probability, `disagreement` of views.
 */
export const uncertaintyNames = ["entropy", "margin", "least-confidence", "disagreement"] as const;
export type UncertaintyName = (typeof uncertaintyNames)[number];

/** Cells along each side of the image in which classes are counted to tell images apart. */
const cells = 6;

export interface ImageUncertainty {
  readonly scores: { readonly [Name in UncertaintyName]?: number };
  /** Share of pixels whose confidence is below the threshold. */
  readonly uncertain: number;
  /** Mean probabilities of each cell, [cells * cells, K]: which classes are where. */
  readonly layout: Float32Array;
}

export interface UncertaintyOptions extends Omit<ScanOptions, "outputSize"> {
  /** Confidence below which a pixel counts as uncertain. */
  readonly uncertainBelow: number;
}

const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

/** Measures one image, in the size that the model sees it in. @throws As `Predictor.predict`. */
export async function imageUncertainty(
  predictor: Predictor,
  image: Raster,
  { uncertainBelow, ...options }: UncertaintyOptions,
): Promise<ImageUncertainty> {
  const { numClasses } = predictor;
  const [height, width] = predictor.sizeSeen(image, options);
  const sums = { entropy: 0, margin: 0, "least-confidence": 0, disagreement: 0 };
  const layout = new Float64Array(cells * cells * numClasses);
  const counts = new Float64Array(cells * cells);
  let uncertain = 0;
  for await (const { probabilities, disagreement, pixels, at } of predictor.scan(image, {
    ...options,
    outputSize: [height, width],
  })) {
    const sure = confidence(probabilities, numClasses);
    sums.entropy += sumOf(entropy(probabilities, numClasses));
    sums.margin += sumOf(margin(probabilities, numClasses));
    sums["least-confidence"] += pixels - sumOf(sure);
    sums.disagreement += sumOf(disagreement);
    for (let i = 0; i < pixels; i++) {
      if (sure[i]! < uncertainBelow) uncertain++;
      const [y, x] = [Math.floor((at + i) / width), (at + i) % width];
      const cell = Math.floor((y * cells) / height) * cells + Math.floor((x * cells) / width);
      counts[cell]!++;
      for (let k = 0; k < numClasses; k++) layout[cell * numClasses + k]! += probabilities[k * pixels + i]!;
    }
  }
  const total = height * width;
  const means = Object.entries(sums)
    .filter(([name]) => name !== "disagreement" || options.disagreement)
    .map(([name, sum]) => [name, sum / total]);
  return {
    scores: Object.fromEntries(means) as ImageUncertainty["scores"],
    uncertain: uncertain / total,
    layout: Float32Array.from(layout, (sum, i) => sum / Math.max(1, counts[Math.floor(i / numClasses)]!)),
  };
}

/**
 * How differently a model sees two images: half the sum of the differences of class probabilities, mean over the cells that both
 * have. 0: the same classes in the same places; 1: no class where the other has it.
 */
export function layoutDistance(a: Float32Array, b: Float32Array): number {
  let [difference, weight] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += Math.abs(a[i]! - b[i]!);
    weight += a[i]! + b[i]!;
  }
  return weight > 0 ? difference / weight : 0;
}
