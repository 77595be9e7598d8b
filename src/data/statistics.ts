/** @file Statistics of a data set: mean and standard deviation of each image channel, frequencies of classes, weights from them. */
import type { Raster } from "../raster/raster.js";

/** Count, mean and sum of squared differences of the values of a channel: can be merged exactly. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
  readonly min: number;
  readonly max: number;
}

const empty: Moments = { count: 0, mean: 0, squares: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };

/** Moments of both sets of values together (Chan, Golub, LeVeque 1979, which does not cancel like sums of squares do). */
function merge(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  if (count === 0) return empty;
  const difference = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (difference * b.count) / count,
    squares: a.squares + b.squares + (difference * difference * a.count * b.count) / count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/** What is known of the values of an image, channel by channel. */
export interface ImageMoments {
  readonly channels: readonly Moments[];
  /** Pixels with a value that is no number or infinite, in any channel; left out of the moments. */
  readonly notFinite: number;
}

/** The same for 8-bit channels by way of their histogram: three times as fast, and exact. */
function byteMoments(
  { data, channels }: Raster,
  channel: number,
  nodata: number | undefined,
): { moments: Moments; bad: number } {
  const bins = new Uint32Array(256);
  for (let i = channel; i < data.length; i += channels) bins[data[i]!]!++;
  if (nodata !== undefined && nodata in bins) bins[nodata] = 0;
  let moments = empty;
  bins.forEach((count, value) => {
    if (count > 0) moments = merge(moments, { count, mean: value, squares: 0, min: value, max: value });
  });
  return { moments, bad: 0 };
}

/** Moments of one channel; values equal to `nodata` and those that are not finite are left out. */
function channelMoments(
  { data, channels }: Raster,
  channel: number,
  nodata: number | undefined,
): { moments: Moments; bad: number } {
  // Differences to the first value keep the squares small, so that one pass is exact enough.
  let shift = Number.NaN;
  let [count, sum, squares, bad] = [0, 0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = channel; i < data.length; i += channels) {
    const value = data[i]!;
    if (value === nodata) continue;
    if (!Number.isFinite(value)) {
      bad++;
      continue;
    }
    if (count === 0) shift = value;
    const difference = value - shift;
    count++;
    sum += difference;
    squares += difference * difference;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return { moments: empty, bad };
  return { moments: { count, mean: shift + sum / count, squares: squares - (sum * sum) / count, min, max }, bad };
}

/** Moments of the channels of an image, without `nodata` where the file declares such a value. */
export function imageMoments(image: Raster, nodata?: number): ImageMoments {
  const measure = image.data instanceof Uint8Array ? byteMoments : channelMoments;
  const channels = Array.from({ length: image.channels }, (_, channel) => measure(image, channel, nodata));
  return {
    channels: channels.map(({ moments }) => moments),
    notFinite: Math.max(0, ...channels.map(({ bad }) => bad)),
  };
}

/** Statistics of each channel over many images, in the units of the files (0..255 for 8 bit). */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** Standard deviation over all pixels of all images (divided by n). */
  readonly std: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** The statistics of images from their moments; `undefined` when there are none. All must have the same channels. */
export function channelStatistics(images: readonly ImageMoments[]): ChannelStatistics | undefined {
  const first = images[0];
  if (!first) return undefined;
  const merged = first.channels.map((_, channel) =>
    images.reduce((sum, image) => merge(sum, image.channels[channel] ?? empty), empty),
  );
  return {
    mean: merged.map(({ mean }) => mean),
    std: merged.map(({ count, squares }) => Math.sqrt(squares / Math.max(1, count))),
    min: merged.map(({ min }) => min),
    max: merged.map(({ max }) => max),
  };
}

/** Pixels of each class, and where they can occur. */
export interface ClassCounts {
  /** Pixels of each class. */
  readonly pixels: readonly number[];
  /** Labelled pixels of the images in which the class occurs. */
  readonly pixelsOfImages: readonly number[];
  /** Number of images in which the class occurs. */
  readonly images: readonly number[];
}

/** Sums the class pixels of images. @param counts pixels of each class, an array for each image. */
export function countClasses(counts: readonly (readonly number[])[], numClasses: number): ClassCounts {
  const pixels = new Array<number>(numClasses).fill(0);
  const pixelsOfImages = new Array<number>(numClasses).fill(0);
  const images = new Array<number>(numClasses).fill(0);
  for (const image of counts) {
    const labelled = image.reduce((sum, n) => sum + n, 0);
    image.forEach((n, index) => {
      if (n === 0) return;
      pixels[index]! += n;
      pixelsOfImages[index]! += labelled;
      images[index]!++;
    });
  }
  return { pixels, pixelsOfImages, images };
}

/** Rules by which class weights follow from frequencies. */
export type WeightRule = "median-frequency" | "enet" | "linknet" | "inverse-square-root";

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rules: Readonly<Record<WeightRule, (counts: ClassCounts) => number[]>> = {
  // median(f) / f with f = pixels of the class / pixels of the images that hold it. Eigen, Fergus 2015, https://arxiv.org/abs/1411.4734
  "median-frequency": ({ pixels, pixelsOfImages }) => {
    const frequencies = pixels.map((n, i) => (n > 0 ? n / pixelsOfImages[i]! : 0));
    const middle = median(frequencies.filter((f) => f > 0));
    return frequencies.map((f) => (f > 0 ? middle / f : 0));
  },
  // 1 / ln(1.02 + p), p = share of all pixels. Paszke et al. 2016, https://arxiv.org/abs/1606.02147
  enet: ({ pixels }) => {
    const total = pixels.reduce((sum, n) => sum + n, 0);
    return pixels.map((n) => 1 / Math.log(1.02 + n / Math.max(1, total)));
  },
  // 1 / ln(1.02 + h / max(h)), h = pixels. Chaurasia, Culurciello 2017, https://arxiv.org/abs/1707.03718
  linknet: ({ pixels }) => {
    const most = Math.max(1, ...pixels);
    return pixels.map((n) => 1 / Math.log(1.02 + n / most));
  },
  // 1 / sqrt(p): half way, as a power, to every class counting alike. Mahajan et al. 2018, https://arxiv.org/abs/1805.00932
  "inverse-square-root": ({ pixels }) => {
    const total = pixels.reduce((sum, n) => sum + n, 0);
    return pixels.map((n) => (n > 0 ? Math.sqrt(total / n) : 0));
  },
};

/** All rules by name. */
export const weightRules = Object.keys(rules) as readonly WeightRule[];

/** The weight of each class by a rule. A class without pixels has no frequency: its weight is 0 by rules that divide by it. */
export function classWeights(counts: ClassCounts, rule: WeightRule): number[] {
  return rules[rule](counts);
}
