/** @file Cityscapes scores: one image worked out by hand, void rules, refusals. */
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../errors/index.js";
import { CityscapesEvaluation } from "./cityscapes.js";
import { cityscapesInstanceSizes, cityscapesLabels } from "./cityscapes-labels.js";

const row = (data: number[]) => ({ data, height: 1, width: data.length });
const labels = [
  { id: 0, name: "unlabeled", category: "void", hasInstances: false, ignoreInEval: true },
  { id: 1, name: "road", category: "flat", hasInstances: false, ignoreInEval: false },
  { id: 2, name: "person", category: "human", hasInstances: true, ignoreInEval: false },
  { id: 3, name: "car", category: "vehicle", hasInstances: true, ignoreInEval: false },
  { id: 4, name: "trailer", category: "vehicle", hasInstances: true, ignoreInEval: true },
];
const sizes = { person: 2, car: 8 };
const truth = row([1, 1, 2, 2, 3, 3, 3, 3, 0]);
const prediction = row([1, 2, 2, 0, 3, 4, 3, 3, 3]);
const instances = [0, 0, 2001, 2001, 3001, 3002, 3002, 3002, 0];

describe("CityscapesEvaluation", () => {
  const scores = new CityscapesEvaluation(labels, sizes).add(truth, prediction, instances).scores();

  it("counts a predicted void as a miss and a prediction on void not at all", () => {
    expect(scores.classIou.road).toBeCloseTo(1 / 2, 12);
    expect(scores.classIou.person).toBeCloseTo(1 / 3, 12);
    expect(scores.classIou.car).toBeCloseTo(3 / 4, 12);
    expect(scores.classIou.unlabeled).toBeNaN();
    expect(scores.meanClassIou).toBeCloseTo(19 / 36, 12);
  });

  it("weighs hits and misses by average over actual instance size", () => {
    // Car 3001 (1 pixel, weight 8) hit; car 3002 (3 pixels, weight 8/3) hit twice: 40/3 of 48/3.
    expect(scores.classIiou.car).toBeCloseTo(5 / 6, 12);
    expect(scores.classIiou.person).toBeCloseTo(1 / 3, 12);
    expect(scores.classIiou.road).toBeNaN();
  });

  it("counts a car called a trailer as a miss in the category's IoU and as a hit in its iIoU", () => {
    expect(scores.categoryIou.vehicle).toBeCloseTo(3 / 4, 12);
    expect(scores.categoryIiou.vehicle).toBeCloseTo(1, 12);
    expect(scores.categoryIiou.flat).toBeNaN();
    expect(scores.meanCategoryIiou).toBeCloseTo(2 / 3, 12);
  });

  it("pools images: two times the same image has the same scores", () => {
    const twice = new CityscapesEvaluation(labels, sizes);
    twice.add(truth, prediction, instances).add(truth, prediction, instances);
    expect(twice.scores().classIiou.car).toBeCloseTo(5 / 6, 12);
    expect(twice.matrix.at(3, 3)).toBe(6);
  });

  it("gives IoU alone without instances, and nothing but NaN before the first image", () => {
    const plain = new CityscapesEvaluation(labels, sizes).add(truth, prediction).scores();
    expect(plain.classIou.car).toBeCloseTo(3 / 4, 12);
    expect(plain.meanClassIiou).toBeNaN();
    expect(new CityscapesEvaluation(labels, sizes).scores().meanClassIou).toBeNaN();
  });

  it("refuses an instance of a label without instances, and then has counted nothing", () => {
    const evaluation = new CityscapesEvaluation(labels, sizes);
    expect(() => evaluation.add(truth, prediction, [1001, ...instances.slice(1)])).toThrow(DataError);
    expect(() => evaluation.add(truth, prediction, [9001, ...instances.slice(1)])).toThrow(/unknown label/);
    expect(evaluation.matrix.at(1, 1)).toBe(0);
  });

  it("refuses instances for some images alone, and a label with instances without average size", () => {
    const evaluation = new CityscapesEvaluation(labels, sizes).add(truth, prediction);
    expect(() => evaluation.add(truth, prediction, instances)).toThrow(UsageError);
    expect(() => new CityscapesEvaluation(labels, { person: 2 })).toThrow(/no average size of car/);
  });

  it("has the benchmark's table: 19 evaluated classes, 8 of them with instances, in 7 categories", () => {
    const evaluated = cityscapesLabels.filter(({ ignoreInEval }) => !ignoreInEval);
    expect(evaluated.length).toBe(19);
    expect(evaluated.filter(({ hasInstances }) => hasInstances).length).toBe(8);
    expect(new Set(evaluated.map(({ category }) => category)).size).toBe(7);
    expect(() => new CityscapesEvaluation(cityscapesLabels, cityscapesInstanceSizes)).not.toThrow();
  });
});
