/**
 * @file Colour baseline: the best that can be said about a pixel from its own colour, to show what a network adds.
 *
 * A histogram over quantised RGB counts how often each class wears each colour in the training pictures; a pixel gets the
 * class with the largest posterior (Bayes' rule on the joint histogram, no assumption that channels are independent).
 */
import { loadSample } from "../data/load.js";
import type { LoadedSample, Sample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import { ConfusionMatrix, meanIou } from "../metrics/index.js";
import type { Mask, Raster } from "../raster/index.js";

/** How often a class comes up before its colour is seen: as in the training pictures, or each alike (favours rare classes). */
export type Prior = "measured" | "equal";

/** Pseudo-counts spread over the classes of each colour, so that colours never seen get the prior's class. */
const smoothing = 1;

/** A per-pixel classifier of 8-bit RGB pictures. */
export class ColourClassifier {
  readonly numClasses: number;
  readonly levels: number;
  /** Pixels by colour and class, `[levels^3, numClasses]`. */
  readonly #counts: Float64Array;
  readonly #classTotals: Float64Array;

  /** @param levels steps of each colour channel, 1 to 256 */
  constructor(numClasses: number, levels: number) {
    this.numClasses = numClasses;
    this.levels = levels;
    this.#counts = new Float64Array(levels ** 3 * numClasses);
    this.#classTotals = new Float64Array(numClasses);
  }

  /** The place of a pixel's colour in the histogram. */
  #bin(data: ArrayLike<number>, pixel: number): number {
    let bin = 0;
    for (let c = 0; c < 3; c++) bin = bin * this.levels + Math.floor((data[3 * pixel + c]! * this.levels) / 256);
    return bin;
  }

  /** Counts the pixels of a training picture; those without a class are left out. @throws DataError unless it is 8-bit RGB. */
  add({ image, mask }: Pick<LoadedSample, "image" | "mask">): void {
    requireRgb(image);
    for (let pixel = 0; pixel < mask.data.length; pixel++) {
      const truth = mask.data[pixel]!;
      if (truth >= this.numClasses) continue;
      this.#counts[this.#bin(image.data, pixel) * this.numClasses + truth]!++;
      this.#classTotals[truth]!++;
    }
  }

  /** The most probable class of each colour, `[levels^3]`. */
  #decide(prior: Prior): Uint8Array {
    const { numClasses, levels } = this;
    const total = this.#classTotals.reduce((a, b) => a + b, 0);
    const decisions = new Uint8Array(levels ** 3);
    for (let bin = 0; bin < decisions.length; bin++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < numClasses; k++) {
        const share = this.#classTotals[k]! / total;
        if (share === 0) continue;
        const joint = this.#counts[bin * numClasses + k]! + smoothing * share;
        const posterior = prior === "equal" ? joint / share : joint;
        if (posterior > best) [best, decisions[bin]] = [posterior, k];
      }
    }
    return decisions;
  }

  /** The mask of a picture, from colours alone. @throws DataError unless it is 8-bit RGB. */
  predictor(prior: Prior): (image: Raster) => Mask {
    const decisions = this.#decide(prior);
    return (image) => {
      requireRgb(image);
      const { height, width, data } = image;
      return {
        data: Uint8Array.from({ length: height * width }, (_, i) => decisions[this.#bin(data, i)]!),
        height,
        width,
      };
    };
  }
}

function requireRgb({ data, channels }: Raster): void {
  if (!(data instanceof Uint8Array) || channels !== 3)
    throw new DataError({
      expected: "an 8-bit RGB picture",
      found: `the picture has ${channels} channels of ${data.constructor.name}`,
    });
}

/** What the baseline chose on the validation split and what it reached on the test split. */
export interface ColourBaseline {
  readonly levels: number;
  readonly prior: Prior;
  readonly predict: (image: Raster) => Mask;
  /** Pixels of the test split. */
  readonly test: ConfusionMatrix;
}

const levelChoices = [8, 16, 32] as const;
const priors: readonly Prior[] = ["measured", "equal"];

function evaluate(
  samples: readonly LoadedSample[],
  predict: (image: Raster) => Mask,
  numClasses: number,
): ConfusionMatrix {
  const matrix = new ConfusionMatrix(numClasses, { ignoreIndex: 255 });
  for (const { image, mask } of samples) matrix.addMap(mask, predict(image));
  return matrix;
}

const loadAll = (samples: readonly Sample[]): Promise<LoadedSample[]> => Promise.all(samples.map(loadSample));

/**
 * Fits the baseline to the training split, picks its steps and prior by mIoU on the validation split, and scores the test split.
 *
 * @throws DataError when a picture is not 8-bit RGB or a file is unreadable.
 */
export async function colourBaseline(
  splits: { readonly train: readonly Sample[]; readonly val: readonly Sample[]; readonly test: readonly Sample[] },
  numClasses: number,
): Promise<ColourBaseline> {
  const [val, test] = await Promise.all([loadAll(splits.val), loadAll(splits.test)]);
  const classifiers = levelChoices.map((levels) => new ColourClassifier(numClasses, levels));
  for (const sample of splits.train) {
    const loaded = await loadSample(sample);
    for (const classifier of classifiers) classifier.add(loaded);
  }
  const choices = classifiers.flatMap((classifier) =>
    priors.map((prior) => {
      const predict = classifier.predictor(prior);
      return { levels: classifier.levels, prior, predict, score: meanIou(evaluate(val, predict, numClasses)) };
    }),
  );
  const { levels, prior, predict } = choices.reduce((best, choice) => (choice.score > best.score ? choice : best));
  return { levels, prior, predict, test: evaluate(test, predict, numClasses) };
}
