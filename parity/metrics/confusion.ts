/** @file Parity of metrics/confusion and metrics/segmentation: counts, and the region scores derived from them. */
import {
  type AbsentRule,
  ConfusionMatrix,
  classDice,
  classIou,
  classPrecision,
  classRecall,
  countedPixels,
  frequencyWeightedIou,
  ImageScores,
  kappa,
  meanDice,
  meanIou,
  meanPixelAccuracy,
  pixelAccuracy,
} from "../../src/metrics/index.js";
import { type Check, checkCase, type FixtureNumber, type ParityCase } from "../case.js";
import { exactTolerance, noteUncompared, pairMaps, type StoredPair } from "./read.js";

/** The fixtures' names for the rules on absent classes. */
const rules: Readonly<Record<string, AbsentRule>> = {
  nan_skip: "skip",
  voc_poison: "poison",
  zero: "zero",
  one: "one",
  present_in_gt: "present-in-truth",
};

function checkMeans(
  check: Check,
  path: string,
  mean: (rule: AbsentRule) => number,
  stored: Record<string, FixtureNumber>,
): void {
  for (const [name, expected] of Object.entries(stored)) {
    const rule = rules[name];
    if (rule) check.number(`${path}.${name}`, mean(rule), expected);
    else check.note(`not compared: ${path}.${name}`);
  }
}

interface ConfusionCase extends StoredPair {
  name: string;
  classes: number;
  drop: {
    confusion: number[][];
    counted: number;
    pixel_accuracy: FixtureNumber;
    iou: FixtureNumber[];
    miou: Record<string, FixtureNumber>;
    fwiou: FixtureNumber;
  };
  count_as_error: {
    confusion_extra_column: number[][];
    counted: number;
    pixel_accuracy: FixtureNumber;
    iou: FixtureNumber[];
    miou_nan_skip: FixtureNumber;
    class_accuracy: FixtureNumber[];
  };
  gt_out_of_range: number;
  pred_out_of_range_on_valid_gt: number;
  reference_fast_hist_raises: boolean;
}

const confusionKeys =
  "name classes height width gt pred drop count_as_error gt_out_of_range pred_out_of_range_on_valid_gt";

function* confusion(json: unknown): Iterable<ParityCase> {
  for (const stored of (json as { cases: ConfusionCase[] }).cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      const { truth, prediction } = pairMaps(stored);
      const { drop, count_as_error: asError } = stored;
      const dropping = new ConfusionMatrix(stored.classes, { predictionOutOfRange: "drop" }).addMap(truth, prediction);
      check.equal("drop.confusion", dropping.rows(), drop.confusion);
      check.equal("drop.counted", countedPixels(dropping), drop.counted);
      check.number("drop.pixel_accuracy", pixelAccuracy(dropping), drop.pixel_accuracy);
      check.numbers("drop.iou", classIou(dropping), drop.iou);
      checkMeans(check, "drop.miou", (rule) => meanIou(dropping, rule), drop.miou);
      check.number("drop.fwiou", frequencyWeightedIou(dropping), drop.fwiou);
      noteUncompared(check, drop, ["confusion", "counted", "pixel_accuracy", "iou", "miou", "fwiou"]);

      const counting = new ConfusionMatrix(stored.classes, { predictionOutOfRange: "error" }).addMap(truth, prediction);
      check.equal("count_as_error.confusion", counting.rows(true), asError.confusion_extra_column);
      check.equal("count_as_error.counted", countedPixels(counting), asError.counted);
      check.number("count_as_error.pixel_accuracy", pixelAccuracy(counting), asError.pixel_accuracy);
      check.numbers("count_as_error.iou", classIou(counting), asError.iou);
      check.number("count_as_error.miou", meanIou(counting, "skip"), asError.miou_nan_skip);
      check.numbers("count_as_error.class_accuracy", classRecall(counting), asError.class_accuracy);
      const errorKeys = "confusion_extra_column counted pixel_accuracy iou miou_nan_skip class_accuracy";
      noteUncompared(check, asError, errorKeys.split(" "));

      check.equal("gt_out_of_range", counting.truthOutOfRange, stored.gt_out_of_range);
      const outside = counting.outOfRangePredictions();
      check.equal("pred_out_of_range_on_valid_gt", outside, stored.pred_out_of_range_on_valid_gt);
      check.equal("reference_fast_hist_raises", outside > 0, stored.reference_fast_hist_raises);
      noteUncompared(check, stored, [...confusionKeys.split(" "), "reference_fast_hist_raises", "note"]);
    });
}

interface SegmentationCase {
  name: string;
  classes: number;
  ignore: number;
  images: StoredPair[];
  confusion: number[][];
  pixel_accuracy: FixtureNumber;
  class_accuracy: FixtureNumber[];
  mean_accuracy_present: FixtureNumber;
  mean_accuracy_absent_zero: FixtureNumber;
  class_precision: FixtureNumber[];
  iou: FixtureNumber[];
  miou: Record<string, FixtureNumber>;
  fwiou: FixtureNumber;
  dice: FixtureNumber[];
  mdice: Record<string, FixtureNumber>;
  kappa: FixtureNumber;
  per_image?: { pixel_accuracy: FixtureNumber; iou: FixtureNumber[]; miou_nan_skip: FixtureNumber }[];
  mean_of_image_miou?: FixtureNumber;
}

const segmentationKeys =
  "name classes ignore images note confusion pixel_accuracy class_accuracy mean_accuracy_present " +
  "mean_accuracy_absent_zero class_precision iou miou fwiou dice mdice kappa per_image mean_of_image_miou";

function* segmentation(json: unknown): Iterable<ParityCase> {
  for (const stored of (json as { cases: SegmentationCase[] }).cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      const scores = new ImageScores(stored.classes, { ignoreIndex: stored.ignore, absent: "skip" });
      for (const [index, pair] of stored.images.entries()) {
        const { truth, prediction } = pairMaps(pair);
        scores.add(String(index), truth, prediction);
      }
      const { matrix, images } = scores;
      check.equal("confusion", matrix.rows(), stored.confusion);
      check.number("pixel_accuracy", pixelAccuracy(matrix), stored.pixel_accuracy);
      check.numbers("class_accuracy", classRecall(matrix), stored.class_accuracy);
      check.number(
        "mean_accuracy_present",
        meanPixelAccuracy(matrix, "present-in-truth"),
        stored.mean_accuracy_present,
      );
      check.number("mean_accuracy_absent_zero", meanPixelAccuracy(matrix, "zero"), stored.mean_accuracy_absent_zero);
      check.numbers("class_precision", classPrecision(matrix), stored.class_precision);
      check.numbers("iou", classIou(matrix), stored.iou);
      checkMeans(check, "miou", (rule) => meanIou(matrix, rule), stored.miou);
      check.number("fwiou", frequencyWeightedIou(matrix), stored.fwiou);
      check.numbers("dice", classDice(matrix), stored.dice);
      checkMeans(check, "mdice", (rule) => meanDice(matrix, rule), stored.mdice);
      check.number("kappa", kappa(matrix), stored.kappa);
      for (const [index, image] of (stored.per_image ?? []).entries()) {
        const path = `per_image[${index}]`;
        check.number(`${path}.pixel_accuracy`, images[index]!.pixelAccuracy, image.pixel_accuracy);
        check.numbers(`${path}.iou`, images[index]!.iou, image.iou);
        check.number(`${path}.miou_nan_skip`, images[index]!.meanIou, image.miou_nan_skip);
        noteUncompared(check, image, ["pixel_accuracy", "iou", "miou_nan_skip"]);
      }
      if (stored.mean_of_image_miou !== undefined)
        check.number("mean_of_image_miou", scores.means().meanIou, stored.mean_of_image_miou);
      noteUncompared(check, stored, segmentationKeys.split(" "));
    });
}

export const confusionFixtures = { "metrics/confusion": confusion, "metrics/segmentation": segmentation };
