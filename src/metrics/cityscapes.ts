/**
 * @file Scores of the Cityscapes benchmark: IoU and instance-weighted iIoU of classes and categories.
 *
 * Cordts et al. 2016, https://arxiv.org/abs/1604.01685; numbers equal cityscapesScripts. Labels that are ignored in evaluation
 * are left out as truth, so predictions there are free; predicting such a label on a valid pixel is a miss of the true class.
 */
import { DataError, UsageError } from "../errors/index.js";
import { ConfusionMatrix } from "./confusion.js";
import { type LabelMap, requireSameSize } from "./label-map.js";
import { nanMean } from "./mean.js";

export interface CityscapesLabel {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly hasInstances: boolean;
  readonly ignoreInEval: boolean;
}

export interface CityscapesScores {
  /** By label name; NaN for labels ignored in evaluation and for those in neither map. */
  readonly classIou: Readonly<Record<string, number>>;
  /** By label name; NaN also for labels without instances, and everywhere when no instances were given. */
  readonly classIiou: Readonly<Record<string, number>>;
  readonly categoryIou: Readonly<Record<string, number>>;
  readonly categoryIiou: Readonly<Record<string, number>>;
  /** Means of the values that are not NaN. */
  readonly meanClassIou: number;
  readonly meanClassIiou: number;
  readonly meanCategoryIou: number;
  readonly meanCategoryIiou: number;
}

/** Weighted hits and misses of the instances of one class or category. */
interface Weighted {
  tp: number;
  fn: number;
}

/** Pixels of one instance: all, those predicted as its class, those predicted as a class of its category. */
interface Instance {
  size: number;
  hits: number;
  categoryHits: number;
}

/** Counts a data set image by image; `scores()` may be read at any time. */
export class CityscapesEvaluation {
  /** Counts by label id, `[maxId + 1, maxId + 1]` and a column for ids beyond. */
  readonly matrix: ConfusionMatrix;
  readonly #labels: readonly CityscapesLabel[];
  readonly #byId = new Map<number, CityscapesLabel>();
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #classes = new Map<string, Weighted>();
  readonly #categories = new Map<string, Weighted>();
  /** Whether the images came with instances; undefined before the first. */
  #withInstances: boolean | undefined;

  /**
   * @param labels the label table; negative ids (licence plate) are left out.
   * @param averageSizes mean instance size in pixels of each label with instances, by name.
   * @throws UsageError when a label with instances has no average size.
   */
  constructor(labels: readonly CityscapesLabel[], averageSizes: Readonly<Record<string, number>>) {
    this.#labels = labels.filter(({ id }) => id >= 0);
    this.#sizes = averageSizes;
    this.matrix = new ConfusionMatrix(1 + this.#labels.reduce((max, { id }) => Math.max(max, id), -1));
    for (const label of this.#labels) {
      this.#byId.set(label.id, label);
      if (!label.hasInstances || label.ignoreInEval) continue;
      if (!(averageSizes[label.name]! > 0))
        throw new UsageError({
          found: `no average size of ${label.name}`,
          expected: "one for each label with instances",
        });
      this.#classes.set(label.name, { tp: 0, fn: 0 });
    }
    // A category has an iIoU only when every one of its labels has instances, also those ignored in evaluation.
    const without = new Set(this.#labels.filter(({ hasInstances }) => !hasInstances).map(({ category }) => category));
    for (const { category } of this.#labels)
      if (!without.has(category)) this.#categories.set(category, { tp: 0, fn: 0 });
  }

  /**
   * Counts one image.
   *
   * @param instances per pixel `id * 1000 + n` on instances, anything up to 1000 elsewhere; without it only IoU is counted.
   * @throws DataError when sizes differ or an instance belongs to no label with instances; UsageError when only some images
   * come with instances.
   */
  add(truth: LabelMap, prediction: LabelMap, instances?: ArrayLike<number>): this {
    const withInstances = instances !== undefined;
    if (this.#withInstances !== undefined && this.#withInstances !== withInstances)
      throw new UsageError({
        found: "instances for some images alone",
        expected: "instances for all images or for none",
      });
    if (instances) {
      requireSameSize({ ...truth, data: instances }, prediction);
      const found = this.#instancesOf(instances, prediction.data);
      // All checks come before the first count, so that a refused image leaves no trace.
      for (const id of found.keys()) this.#requireInstances(id);
      for (const [id, instance] of found) this.#count(this.#byId.get(Math.floor(id / 1000))!, instance);
    }
    this.#withInstances = withInstances;
    this.matrix.addMap(truth, prediction);
    return this;
  }

  #requireInstances(id: number): void {
    const label = this.#byId.get(Math.floor(id / 1000));
    if (label?.ignoreInEval || label?.hasInstances) return;
    throw new DataError({
      found: `instance ${id} of ${label ? `label ${label.name}` : "an unknown label"}`,
      expected: "instances of labels that have instances, numbered id * 1000 + n",
    });
  }

  #count(label: CityscapesLabel, { size, hits, categoryHits }: Instance): void {
    if (label.ignoreInEval) return;
    const weight = this.#sizes[label.name]! / size;
    const ofClass = this.#classes.get(label.name)!;
    ofClass.tp += hits * weight;
    ofClass.fn += (size - hits) * weight;
    const ofCategory = this.#categories.get(label.category);
    if (!ofCategory) return;
    ofCategory.tp += categoryHits * weight;
    ofCategory.fn += (size - categoryHits) * weight;
  }

  #instancesOf(instances: ArrayLike<number>, prediction: ArrayLike<number>): Map<number, Instance> {
    const found = new Map<number, Instance>();
    let [lastId, last] = [-1, { size: 0, hits: 0, categoryHits: 0 }];
    for (let i = 0; i < instances.length; i++) {
      const id = instances[i]!;
      if (id <= 1000) continue;
      if (id !== lastId) {
        lastId = id;
        last = found.get(id) ?? { size: 0, hits: 0, categoryHits: 0 };
        found.set(id, last);
      }
      const labelId = Math.floor(id / 1000);
      const predicted = this.#byId.get(prediction[i]!);
      last.size++;
      if (prediction[i] === labelId) last.hits++;
      // Labels ignored in evaluation are hits too here: a car called a trailer is still a vehicle. The plain IoU disagrees.
      if (predicted && predicted.category === this.#byId.get(labelId)?.category) last.categoryHits++;
    }
    return found;
  }

  scores(): CityscapesScores {
    const evaluated = this.#labels.filter(({ ignoreInEval }) => !ignoreInEval);
    const categories = [...new Set(this.#labels.map(({ category }) => category))];
    const idsOf = (labels: readonly CityscapesLabel[], category: string): number[] =>
      labels.filter((label) => label.category === category).map(({ id }) => id);
    const perClass = (value: (label: CityscapesLabel) => number): Record<string, number> =>
      Object.fromEntries(this.#labels.map((label) => [label.name, label.ignoreInEval ? Number.NaN : value(label)]));
    const perCategory = (value: (category: string) => number): Record<string, number> =>
      Object.fromEntries(categories.map((category) => [category, value(category)]));
    const classIou = perClass(({ id }) => this.#iou([id]));
    const classIiou = perClass(({ id, name }) => this.#iiou([id], this.#classes.get(name)));
    const categoryIou = perCategory((category) => this.#iou(idsOf(evaluated, category)));
    // The official iIoU counts predictions of ignored labels (caravan) for the category, its IoU does not; both are kept.
    const categoryIiou = perCategory((category) =>
      this.#iiou(idsOf(this.#labels, category), this.#categories.get(category)),
    );
    return {
      classIou,
      classIiou,
      categoryIou,
      categoryIiou,
      meanClassIou: nanMean(Object.values(classIou)),
      meanClassIiou: nanMean(Object.values(classIiou)),
      meanCategoryIou: nanMean(Object.values(categoryIou)),
      meanCategoryIiou: nanMean(Object.values(categoryIiou)),
    };
  }

  /** Pixels of other evaluated labels predicted as one of `ids`. */
  #falsePositives(ids: readonly number[]): number {
    let sum = 0;
    for (const { id, ignoreInEval } of this.#labels)
      if (!ignoreInEval && !ids.includes(id)) for (const column of ids) sum += this.matrix.at(id, column);
    return sum;
  }

  #iou(ids: readonly number[]): number {
    const rows = this.matrix.truthCounts();
    let [hits, truth] = [0, 0];
    for (const id of ids) {
      truth += rows[id]!;
      for (const column of ids) hits += this.matrix.at(id, column);
    }
    return hits / (truth + this.#falsePositives(ids));
  }

  /** Hits and misses weigh by average over actual instance size, false positives do not: they belong to no instance. */
  #iiou(ids: readonly number[], weighted: Weighted | undefined): number {
    if (!weighted || !this.#withInstances) return Number.NaN;
    return weighted.tp / (weighted.tp + weighted.fn + this.#falsePositives(ids));
  }
}
