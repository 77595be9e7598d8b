/**
 * @file Boundary IoU: intersection over union of the bands along the inside of two contours, sensitive to their quality.
 *
 * Cheng et al. 2021, https://arxiv.org/abs/2103.16562; numbers equal boundary-iou-api.
 */
import { isClass, type LabelMap, requireClassCount, requireSameSize } from "./label-map.js";
import { type AbsentRule, meanOverClasses } from "./mean.js";

/** Rounds to the nearest integer, halves to the even one, as Python does. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Width of the band in pixels: `ratio` of the image diagonal, at least 1. */
export function boundaryDistance(ratio: number, height: number, width: number): number {
  return Math.max(1, roundHalfToEven(ratio * Math.sqrt(height ** 2 + width ** 2)));
}

/**
 * 1 for each pixel whose square window of side 2 distance + 1 holds another label or reaches beyond the image.
 *
 * Restricted to one label this is that label's mask minus `distance` erosions by 3x3. Two passes of run lengths give it for all
 * labels at once, whatever the distance.
 */
export function innerBand(labels: ArrayLike<number>, height: number, width: number, distance: number): Uint8Array {
  const side = 2 * distance + 1;
  const band = new Uint8Array(height * width).fill(1);
  // Consecutive rows, ending at the current one, in which column x holds one label with `distance` equals on both sides.
  const depth = new Int32Array(width);
  const held = new Float64Array(width);
  for (let y = 0, row = 0; y < height; y++, row += width)
    for (let start = 0; start < width; ) {
      const label = labels[row + start]!;
      let end = start + 1;
      while (end < width && labels[row + end] === label) end++;
      for (let x = start; x < end; x++) {
        if (x < start + distance || x >= end - distance) depth[x] = 0;
        else if (depth[x]! > 0 && held[x] === label) depth[x]!++;
        else depth[x] = 1;
        held[x] = label;
        if (depth[x]! >= side) band[row - distance * width + x] = 0;
      }
      start = end;
    }
  return band;
}

export interface BoundaryIouOptions {
  /** Width of the band as a share of the image diagonal; 0.02 unless given. */
  dilationRatio?: number;
}

export interface MaskBoundaryIou {
  /** Width of the band in pixels. */
  readonly distance: number;
  /** 1 on the band of the mask. */
  readonly truthBand: Uint8Array;
  readonly predictionBand: Uint8Array;
  readonly intersection: number;
  readonly union: number;
  /** 0 when both bands are empty, as the COCO tools have it. */
  readonly boundaryIou: number;
  /** IoU of the whole masks, 0 when both are empty. */
  readonly maskIou: number;
  /** The smaller of the two, which boundary AP and boundary PQ use. */
  readonly minIou: number;
}

/**
 * Boundary IoU of one object; non-zero pixels are the object.
 *
 * @throws DataError when the sizes differ.
 */
export function maskBoundaryIou(
  truth: LabelMap,
  prediction: LabelMap,
  options: BoundaryIouOptions = {},
): MaskBoundaryIou {
  requireSameSize(truth, prediction);
  const { height, width } = truth;
  const distance = boundaryDistance(options.dilationRatio ?? 0.02, height, width);
  const [truthMask, predictionMask] = [objectMask(truth), objectMask(prediction)];
  const [truthBand, predictionBand] = [truthMask, predictionMask].map((mask) => {
    const band = innerBand(mask, height, width, distance);
    for (let i = 0; i < band.length; i++) band[i]! &= mask[i]!;
    return band;
  }) as [Uint8Array, Uint8Array];
  const band = overlap(truthBand, predictionBand);
  const mask = overlap(truthMask, predictionMask);
  const [boundaryIou, maskIou] = [band, mask].map(({ intersection, union }) =>
    union === 0 ? 0 : intersection / union,
  );
  const minIou = Math.min(boundaryIou!, maskIou!);
  return { distance, truthBand, predictionBand, ...band, boundaryIou: boundaryIou!, maskIou: maskIou!, minIou };
}

function objectMask(map: LabelMap): Uint8Array {
  const mask = new Uint8Array(map.data.length);
  for (let i = 0; i < mask.length; i++) mask[i] = Number(map.data[i] !== 0);
  return mask;
}

function overlap(a: Uint8Array, b: Uint8Array): { intersection: number; union: number } {
  let [intersection, union] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    intersection += a[i]! & b[i]!;
    union += a[i]! | b[i]!;
  }
  return { intersection, union };
}

/**
 * Boundary IoU of every class of a data set: counts add up over images, like those of a confusion matrix.
 *
 * Pixels whose truth is `ignoreIndex` are void in both maps; their edge is an edge of the classes beside them.
 */
export class ClassBoundaryIou {
  readonly numClasses: number;
  readonly intersection: Float64Array;
  readonly union: Float64Array;
  /** Pixels of each class on its true band. */
  readonly truthCounts: Float64Array;
  readonly #ratio: number;
  readonly #ignoreIndex: number | undefined;

  /** @throws UsageError when numClasses is no positive integer. */
  constructor(numClasses: number, options: BoundaryIouOptions & { ignoreIndex?: number | undefined } = {}) {
    requireClassCount(numClasses);
    this.numClasses = numClasses;
    this.intersection = new Float64Array(numClasses);
    this.union = new Float64Array(numClasses);
    this.truthCounts = new Float64Array(numClasses);
    this.#ratio = options.dilationRatio ?? 0.02;
    this.#ignoreIndex = options.ignoreIndex;
  }

  /**
   * Counts one image.
   *
   * @throws DataError when the sizes differ.
   */
  add(truth: LabelMap, prediction: LabelMap): this {
    requireSameSize(truth, prediction);
    const { height, width } = truth;
    const distance = boundaryDistance(this.#ratio, height, width);
    const labelsOf = (map: LabelMap): Int32Array => {
      const labels = new Int32Array(height * width).fill(-1);
      for (let i = 0; i < labels.length; i++)
        if (truth.data[i] !== this.#ignoreIndex && isClass(map.data[i]!, this.numClasses)) labels[i] = map.data[i]!;
      return labels;
    };
    const [t, p] = [labelsOf(truth), labelsOf(prediction)];
    const [truthBand, predictionBand] = [t, p].map((labels) => innerBand(labels, height, width, distance));
    for (let i = 0; i < t.length; i++) {
      const truthClass = truthBand![i] ? t[i]! : -1;
      const predictedClass = predictionBand![i] ? p[i]! : -1;
      if (truthClass >= 0) {
        this.truthCounts[truthClass]!++;
        this.union[truthClass]!++;
      }
      if (predictedClass < 0) continue;
      if (predictedClass === truthClass) this.intersection[predictedClass]!++;
      else this.union[predictedClass]!++;
    }
    return this;
  }

  /** Boundary IoU of each class; NaN for a class in neither map. */
  iou(): Float64Array {
    return this.intersection.map((intersection, index) => intersection / this.union[index]!);
  }

  /** Mean over classes. */
  mean(absent: AbsentRule = "skip"): number {
    return meanOverClasses(this.iou(), absent, this.truthCounts);
  }
}
