/**
 * @file How well touching objects are told apart: segments that a prediction splits or merges.
 *
 * Variation of information: Meilă 2007, https://doi.org/10.1016/j.jmva.2006.11.013; adapted Rand error, foreground-restricted, as
 * in the ISBI 2012 challenge: Arganda-Carreras et al. 2015, https://doi.org/10.3389/fnana.2015.00142.
 */
import { type Components, connectedComponents, withoutSmall } from "../util/components.js";
import { type LabelMap, requireSameSize } from "./label-map.js";

export interface SegmentOptions {
  /** Classes that objects are of; all but the first unless given. */
  objects?: readonly number[];
  /** Label of the truth's pixels that count nowhere. */
  ignoreIndex?: number;
  /** Objects and segments of fewer pixels are left out; 1 keeps all. */
  minSize?: number;
}

export interface SegmentScores {
  /** Objects of the truth, and segments found. */
  readonly objects: number;
  readonly segments: number;
  /** Objects in which at least two segments lie with most of their pixels. */
  readonly splits: number;
  /** Segments in which at least two objects lie with most of their pixels. */
  readonly merges: number;
  /** Bits that the segment of a pixel tells beyond its object, H(segment | object); 0 where no object is split. */
  readonly viSplit: number;
  /** Bits that the object of a pixel tells beyond its segment, H(object | segment); 0 where none are merged. */
  readonly viMerge: number;
  /** One minus the F score of pairs of pixels that are together, 0 to 1; 0 for equal partitions. */
  readonly randError: number;
}

/** Every pixel given to the segment that reaches it first, step by step along edges: how wide gaps are drawn does not count. */
function grown({ numbers }: Components, height: number, width: number): Int32Array {
  const owner = numbers.slice();
  const queue = new Int32Array(owner.length);
  let end = 0;
  owner.forEach((number, pixel) => {
    if (number > 0) queue[end++] = pixel;
  });
  for (let at = 0; at < end; at++) {
    const pixel = queue[at]!;
    const column = pixel % width;
    const neighbours = [
      column > 0 ? pixel - 1 : -1,
      column + 1 < width ? pixel + 1 : -1,
      pixel - width,
      pixel + width < height * width ? pixel + width : -1,
    ];
    for (const next of neighbours) {
      if (next < 0 || owner[next] !== 0) continue;
      owner[next] = owner[pixel]!;
      queue[end++] = next;
    }
  }
  return owner;
}

/** Pixels of each pair of object and segment. */
interface Overlaps {
  readonly pairs: readonly (readonly [object: number, segment: number, pixels: number])[];
  readonly objectSizes: ReadonlyMap<number, number>;
  readonly segmentSizes: ReadonlyMap<number, number>;
  readonly pixels: number;
}

function overlapsOf(objects: Int32Array, segments: Int32Array, segmentCount: number): Overlaps {
  const add = (sizes: Map<number, number>, key: number, pixels: number): void => {
    sizes.set(key, (sizes.get(key) ?? 0) + pixels);
  };
  const table = new Map<number, number>();
  objects.forEach((object, pixel) => {
    if (object > 0) add(table, object * (segmentCount + 1) + segments[pixel]!, 1);
  });
  const [objectSizes, segmentSizes] = [new Map<number, number>(), new Map<number, number>()];
  let total = 0;
  const pairs = Array.from(table, ([key, pixels]) => {
    const [object, segment] = [Math.floor(key / (segmentCount + 1)), key % (segmentCount + 1)];
    add(objectSizes, object, pixels);
    add(segmentSizes, segment, pixels);
    total += pixels;
    return [object, segment, pixels] as const;
  });
  return { pairs, objectSizes, segmentSizes, pixels: total };
}

/** How many holders (of `at`) hold most of the pixels of at least two others. */
function holdersOfTwo(pairs: Overlaps["pairs"], sizes: ReadonlyMap<number, number>, holder: 0 | 1): number {
  const held = new Map<number, number>();
  for (const pair of pairs)
    if (2 * pair[2] > sizes.get(pair[1 - holder]!)!) held.set(pair[holder], (held.get(pair[holder]) ?? 0) + 1);
  return [...held.values()].filter((count) => count >= 2).length;
}

/**
 * Split and merge errors of a prediction. Objects and segments are the connected areas of a class in truth and prediction;
 * segments are grown until they meet, and pixels of objects are counted.
 *
 * Without an object all scores are 0; without a segment everything counts as one.
 *
 * @throws DataError when the sizes differ.
 */
export function segmentScores(truth: LabelMap, prediction: LabelMap, options: SegmentOptions = {}): SegmentScores {
  requireSameSize(truth, prediction);
  const { height, width } = truth;
  const { objects: classes, ignoreIndex, minSize = 1 } = options;
  const belongs = (label: number): boolean => label !== ignoreIndex && (classes ? classes.includes(label) : label > 0);
  const [objects, segments] = [truth, prediction].map(({ data }) =>
    withoutSmall(connectedComponents(data, height, width, belongs), minSize),
  ) as [Components, Components];
  const { pairs, objectSizes, segmentSizes, pixels } = overlapsOf(
    objects.numbers,
    grown(segments, height, width),
    segments.count,
  );
  const entropyGiven = (sizes: ReadonlyMap<number, number>, given: 0 | 1): number =>
    pairs.reduce((sum, pair) => sum - (pair[2] / pixels) * Math.log2(pair[2] / sizes.get(pair[given])!), 0);
  const pairsOfPixels = (values: Iterable<number>): number => [...values].reduce((sum, n) => sum + n * (n - 1), 0);
  const together = pairsOfPixels(pairs.map(([, , n]) => n));
  const possible = pairsOfPixels(objectSizes.values()) + pairsOfPixels(segmentSizes.values());
  return {
    objects: objects.count,
    segments: segments.count,
    splits: holdersOfTwo(pairs, segmentSizes, 0),
    merges: holdersOfTwo(pairs, objectSizes, 1),
    viSplit: entropyGiven(objectSizes, 0),
    viMerge: entropyGiven(segmentSizes, 1),
    randError: possible === 0 ? 0 : 1 - (2 * together) / possible,
  };
}
