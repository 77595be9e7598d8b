/** @file Scores of the outlines of all classes over a data set: boundary IoU, boundary F and BF score. */
import { type BfScores, bfScore, ClassBoundaryIou, type LabelMap, nanMean } from "../metrics/index.js";

/** NaN stands for a class without outlines. */
export interface BoundaryResult {
  /** Boundary IoU of each class over all images together, and its mean over classes. */
  readonly iou: readonly number[];
  readonly meanIou: number;
  /** Boundary F with the tolerance of DAVIS (0.8 % of the diagonal): of each class and of all, as means over images. */
  readonly f: readonly number[];
  readonly meanF: number;
  /** BF score (tolerance 0.75 % of the diagonal), likewise. */
  readonly bf: readonly number[];
  readonly meanBf: number;
}

const davisTolerance = 0.008;

/** Means over images of the F of each class, and of the images' own means. */
function overImages(images: readonly BfScores[], numClasses: number): { classes: number[]; mean: number } {
  return {
    classes: Array.from({ length: numClasses }, (_, k) =>
      nanMean(images.map(({ classes }) => classes[k]?.f ?? Number.NaN)),
    ),
    mean: nanMean(images.map(({ meanF }) => meanF)),
  };
}

/** Gathers the outlines of one image after the other. */
export class BoundaryScores {
  private readonly bands: ClassBoundaryIou;
  private readonly f: BfScores[] = [];
  private readonly bf: BfScores[] = [];

  constructor(
    private readonly numClasses: number,
    private readonly ignoreIndex: number,
  ) {
    this.bands = new ClassBoundaryIou(numClasses, { ignoreIndex });
  }

  /** @throws DataError when the sizes differ. */
  add(truth: LabelMap, prediction: LabelMap): void {
    const { numClasses, ignoreIndex } = this;
    this.bands.add(truth, prediction);
    this.f.push(bfScore(truth, prediction, { numClasses, ignoreIndex, tolerance: davisTolerance }));
    this.bf.push(bfScore(truth, prediction, { numClasses, ignoreIndex }));
  }

  result(): BoundaryResult {
    const [f, bf] = [overImages(this.f, this.numClasses), overImages(this.bf, this.numClasses)];
    return {
      iou: Array.from(this.bands.iou()),
      meanIou: this.bands.mean(),
      f: f.classes,
      meanF: f.mean,
      bf: bf.classes,
      meanBf: bf.mean,
    };
  }
}
