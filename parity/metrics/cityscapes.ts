/** @file Parity of metrics/cityscapes: class and category IoU and iIoU. */
import { CityscapesEvaluation } from "../../src/metrics/index.js";
import { type Check, checkCase, type FixtureNumber, type ParityCase } from "../case.js";
import { exactTolerance, noteUncompared, pairMaps, type StoredPair, words } from "./read.js";

type NamedScores = Record<string, FixtureNumber>;

interface CityscapesCase {
  name: string;
  images: (StoredPair & { instances: string })[];
  confusion_nonzero: [gt: number, pred: number, pixels: number][];
  class_iou: NamedScores;
  class_iiou: NamedScores;
  category_iou: NamedScores;
  category_iiou: NamedScores;
  mean_class_iou: FixtureNumber;
  mean_class_iiou: FixtureNumber;
  mean_category_iou: FixtureNumber;
  mean_category_iiou: FixtureNumber;
}

interface CityscapesFile {
  labels: [id: number, name: string, category: string, hasInstances: boolean, ignoreInEval: boolean][];
  avg_class_size: Record<string, number>;
  cases: CityscapesCase[];
}

const keys =
  "name note images confusion_nonzero class_iou class_iiou category_iou category_iiou " +
  "mean_class_iou mean_class_iiou mean_category_iou mean_category_iiou";

function checkNamed(check: Check, path: string, actual: Readonly<Record<string, number>>, stored: NamedScores): void {
  check.equal(`${path} names`, Object.keys(actual).sort(), Object.keys(stored).sort());
  for (const [name, expected] of Object.entries(stored)) check.number(`${path}.${name}`, actual[name]!, expected);
}

function* cityscapes(json: unknown): Iterable<ParityCase> {
  const { labels, avg_class_size: sizes, cases } = json as CityscapesFile;
  const table = labels.map(([id, name, category, hasInstances, ignoreInEval]) => ({
    id,
    name,
    category,
    hasInstances,
    ignoreInEval,
  }));
  for (const stored of cases)
    yield checkCase(stored.name, exactTolerance, (check) => {
      const evaluation = new CityscapesEvaluation(table, sizes);
      for (const image of stored.images) {
        const { truth, prediction } = pairMaps(image);
        evaluation.add(truth, prediction, words(image.instances));
      }
      const nonzero = evaluation.matrix
        .rows()
        .flatMap((row, gt) => row.map((pixels, pred) => [gt, pred, pixels]).filter(([, , pixels]) => pixels! > 0));
      check.equal("confusion_nonzero", nonzero, stored.confusion_nonzero);
      const scores = evaluation.scores();
      checkNamed(check, "class_iou", scores.classIou, stored.class_iou);
      checkNamed(check, "class_iiou", scores.classIiou, stored.class_iiou);
      checkNamed(check, "category_iou", scores.categoryIou, stored.category_iou);
      checkNamed(check, "category_iiou", scores.categoryIiou, stored.category_iiou);
      check.number("mean_class_iou", scores.meanClassIou, stored.mean_class_iou);
      check.number("mean_class_iiou", scores.meanClassIiou, stored.mean_class_iiou);
      check.number("mean_category_iou", scores.meanCategoryIou, stored.mean_category_iou);
      check.number("mean_category_iiou", scores.meanCategoryIiou, stored.mean_category_iiou);
      noteUncompared(check, stored, keys.split(" "));
    });
}

export const cityscapesFixtures = { "metrics/cityscapes": cityscapes };
