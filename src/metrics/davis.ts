/**
 * @file J and F of the DAVIS benchmark: how well a mask's region and contour agree with the truth.
 *
 * Perazzi et al. 2016, https://doi.org/10.1109/CVPR.2016.85; numbers equal davis2017-evaluation.
 */
import { DataError } from "../errors/index.js";
import { type BoundaryMatch, classBoundaries, matchBoundaries, toleranceRadius } from "./boundary-match.js";
import { type LabelMap, requireSameSize } from "./label-map.js";

export interface DavisOptions {
  /** Pixels from 1 on, below that a share of the image diagonal (rounded up to pixels); 0.008 unless given. */
  tolerance?: number;
  /** Non-zero where the truth is void: such pixels are background in both masks. */
  void?: ArrayLike<number>;
}

export interface DavisScores extends BoundaryMatch {
  /** Region similarity: IoU of the masks, 1 when both are empty. */
  readonly j: number;
  /** Tolerance in pixels. */
  readonly radius: number;
  /** Boundary pixels, as ascending pixel indices. */
  readonly truthBoundary: readonly number[];
  readonly predictionBoundary: readonly number[];
}

/**
 * J, boundary precision, boundary recall and F of one object; non-zero pixels are the object.
 *
 * @throws DataError when the sizes differ.
 */
export function davisScores(truth: LabelMap, prediction: LabelMap, options: DavisOptions = {}): DavisScores {
  requireSameSize(truth, prediction);
  const { height, width } = truth;
  const { tolerance = 0.008, void: voidPixels } = options;
  const length = height * width;
  if (voidPixels && voidPixels.length !== length)
    throw new DataError({ found: `${voidPixels.length} void flags`, expected: `${length}, one per pixel` });
  const object = (map: LabelMap): Uint8Array => {
    const mask = new Uint8Array(length);
    for (let i = 0; i < length; i++) mask[i] = Number(map.data[i] !== 0 && !voidPixels?.[i]);
    return mask;
  };
  const [truthMask, predictionMask] = [object(truth), object(prediction)];
  let [intersection, union] = [0, 0];
  for (let i = 0; i < length; i++) {
    intersection += truthMask[i]! & predictionMask[i]!;
    union += truthMask[i]! | predictionMask[i]!;
  }
  const radius = toleranceRadius(tolerance, height, width);
  const truthBoundary = classBoundaries(truthMask, height, width, 2)[1]!;
  const predictionBoundary = classBoundaries(predictionMask, height, width, 2)[1]!;
  return {
    j: union === 0 ? 1 : intersection / union,
    ...matchBoundaries(truthBoundary, predictionBoundary, height, width, radius),
    radius,
    truthBoundary,
    predictionBoundary,
  };
}
