/**
 * @file Paired bootstrap over images: how far the difference of two models' scores would move on other images of the same kind.
 *
 * Efron, "Bootstrap methods: another look at the jackknife", https://doi.org/10.1214/aos/1176344552. Images, not pixels, are
 * drawn: pixels of one image are far from independent. Both models see the same draws, so what makes an image hard for both
 * cancels.
 */
import { UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";
import type { ImageCounts } from "./image-scores.js";
import { type AbsentRule, meanOverClasses } from "./mean.js";

/** Bounds of the middle 95 % (or `level`) of the resampled differences; NaN where no resample has one. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A score of two models, and by how much the second is higher. */
export interface PairedDifference extends Interval {
  readonly first: number;
  readonly second: number;
  readonly difference: number;
}

export interface BootstrapOptions {
  /** Default 2000. */
  readonly resamples?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Share of the resamples between the bounds; default 0.95. */
  readonly level?: number;
  /** What a class in neither truth nor prediction does to the mean; default `skip`. */
  readonly absent?: AbsentRule;
}

/** Counts of all images as `[images * numClasses]` each. */
interface Flat {
  readonly intersections: Float64Array;
  readonly unions: Float64Array;
  readonly truth: Float64Array;
}

function flat(images: readonly ImageCounts[], numClasses: number): Flat {
  const gather = (field: keyof ImageCounts): Float64Array => {
    const all = new Float64Array(images.length * numClasses);
    for (const [i, image] of images.entries()) all.set(image[field], i * numClasses);
    return all;
  };
  return { intersections: gather("intersections"), unions: gather("unions"), truth: gather("truth") };
}

interface Scores {
  readonly mean: number;
  readonly iou: Float64Array;
}

/** Scores of a set in which image i is there `times[i]` times. */
function scoresOf({ intersections, unions, truth }: Flat, times: Uint32Array, numClasses: number, rule: AbsentRule) {
  const [both, either, there] = [0, 1, 2].map(() => new Float64Array(numClasses)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < times.length; i++) {
    const weight = times[i]!;
    if (weight === 0) continue;
    for (let k = 0, at = i * numClasses; k < numClasses; k++, at++) {
      both[k]! += weight * intersections[at]!;
      either[k]! += weight * unions[at]!;
      there[k]! += weight * truth[at]!;
    }
  }
  const iou = both.map((count, k) => count / either[k]!);
  return { mean: meanOverClasses(iou, rule, there), iou } satisfies Scores;
}

/** The value below which `share` of the sorted values lie, between neighbours by a straight line. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

function interval(differences: Float64Array, level: number): Interval {
  const known = differences.filter((value) => !Number.isNaN(value)).sort();
  if (known.length === 0) return { low: Number.NaN, high: Number.NaN };
  return { low: quantile(known, (1 - level) / 2), high: quantile(known, (1 + level) / 2) };
}

/**
 * The difference of mean IoU (second minus first) on the same images, its bootstrap interval, and the same for each class.
 *
 * @param first, second counts of the same images in the same order, `[numClasses]` each
 * @returns `share`: part of the resamples in which the second is better
 * @throws UsageError when the two have not as many images, or there is none.
 * @example
 * pairedBootstrap(baseline, mine).mean; // { first: 0.61, second: 0.64, difference: 0.03, low: 0.012, high: 0.049 }
 */
export function pairedBootstrap(
  first: readonly ImageCounts[],
  second: readonly ImageCounts[],
  { resamples = 2000, seed = 1, level = 0.95, absent = "skip" }: BootstrapOptions = {},
): { readonly mean: PairedDifference; readonly classes: readonly PairedDifference[]; readonly share: number } {
  const images = first.length;
  if (images === 0 || second.length !== images)
    throw new UsageError({ expected: "counts of the same images", found: `${images} and ${second.length} images` });
  const numClasses = first[0]!.unions.length;
  const pair = [flat(first, numClasses), flat(second, numClasses)] as const;
  const score = (times: Uint32Array) => pair.map((one) => scoresOf(one, times, numClasses, absent)) as [Scores, Scores];
  const mean = new Float64Array(resamples);
  const classes = Array.from({ length: numClasses }, () => new Float64Array(resamples));
  const random = new Random(seed, "bootstrap");
  for (let r = 0; r < resamples; r++) {
    const times = new Uint32Array(images);
    for (let i = 0; i < images; i++) times[random.integer(images)]!++;
    const [a, b] = score(times);
    mean[r] = b.mean - a.mean;
    for (let k = 0; k < numClasses; k++) classes[k]![r] = b.iou[k]! - a.iou[k]!;
  }
  const [a, b] = score(new Uint32Array(images).fill(1));
  const row = (p: number, q: number, differences: Float64Array): PairedDifference => ({
    first: p,
    second: q,
    difference: q - p,
    ...interval(differences, level),
  });
  return {
    mean: row(a.mean, b.mean, mean),
    classes: classes.map((differences, k) => row(a.iou[k]!, b.iou[k]!, differences)),
    share: mean.filter((value) => value > 0).length / resamples,
  };
}
