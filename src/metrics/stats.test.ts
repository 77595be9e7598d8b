/** @file Counts per image and class and their scores: values worked out by hand, refusals, traps of the reference. */
import { describe, expect, it } from "vitest";
import { DataError, ShapeError, UsageError } from "../errors/index.js";
import { statScore, statScoreEach } from "./stat-scores.js";
import { concatStatCounts, type StatCounts, statCounts } from "./stats.js";

const cells = ({ tp, fp, fn, tn }: StatCounts) => [tp, fp, fn, tn].map((values) => [...values]);
const tight = { rtol: 1e-12, atol: 1e-15 };

describe("statCounts", () => {
  it("multiclass: counts each class against the rest, without the ignored pixels", () => {
    const options = { task: "multiclass", shape: [1, 4], numClasses: 2, ignoreIndex: 255 } as const;
    const counts = statCounts([0, 1, 0, 1], [0, 1, 1, 255], options);
    expect(cells(counts)).toEqual([
      [1, 1],
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(counts.ignored).toBe(1);
  });

  it("multiclass: keeps images apart", () => {
    const counts = statCounts([0, 0, 1, 1], [0, 0, 0, 1], { task: "multiclass", shape: [2, 1, 2], numClasses: 2 });
    expect(cells(counts)).toEqual([
      [2, 0, 0, 1],
      [0, 0, 0, 1],
      [0, 0, 1, 0],
      [0, 2, 1, 0],
    ]);
  });

  it("multiclass: shows labels out of range, a prediction as a miss, a truth as a false positive", () => {
    const counts = statCounts([7, 0], [1, 9], { task: "multiclass", shape: [1, 2], numClasses: 2 });
    expect([counts.predictionOutOfRange, counts.truthOutOfRange]).toEqual([1, 1]);
    expect(cells(counts)).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
  });

  it("binary: thresholds prediction and truth alike, the threshold itself being positive", () => {
    const options = { task: "binary", shape: [1, 1, 4], threshold: 0.5 } as const;
    expect(cells(statCounts([0.5, 0.9, 0.2, 0.1], [1, 0.4, 0.5, 0], options))).toEqual([[1], [1], [1], [1]]);
  });

  it("multilabel: counts each map by itself and leaves ignored elements out", () => {
    const options = { task: "multilabel", shape: [1, 2, 2], ignoreIndex: 255 } as const;
    const counts = statCounts([1, 1, 0, 1], [1, 255, 0, 0], options);
    expect(cells(counts)).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [0, 1],
    ]);
    expect(counts.ignored).toBe(1);
  });

  it("refuses a 0/255 mask without threshold, naming the value and the way out", () => {
    const binary = { task: "binary", shape: [1, 1, 2] } as const;
    expect(() => statCounts([1, 0], [255, 0], binary)).toThrow(/truth holds the value 255; .* Give a threshold/);
    expect(() => statCounts([0.3, 0], [1, 0], binary)).toThrow(DataError);
  });

  it("refuses arrays that do not fill the shape and a binary task without class axis", () => {
    expect(() => statCounts([0], [0], { task: "multiclass", shape: [1, 2], numClasses: 2 })).toThrow(ShapeError);
    expect(() => statCounts([0, 1], [0, 1], { task: "binary", shape: [1, 2] })).toThrow(/expected \[N, 1, \.\.\.\]/);
    expect(() => statCounts([0], [0], { task: "multiclass", shape: [1, 1], numClasses: 0 })).toThrow(UsageError);
  });

  it("concatenates batches of different image sizes", () => {
    const batch = (values: number[]) =>
      statCounts(values, values, { task: "multiclass", shape: [1, values.length], numClasses: 2 });
    const counts = concatStatCounts([batch([0, 1]), batch([1, 1, 1])]);
    expect(counts.numImages).toBe(2);
    expect([...counts.tp]).toEqual([1, 1, 0, 3]);
    expect(() => concatStatCounts([])).toThrow(UsageError);
  });
});

describe("statScore", () => {
  // Image 0: class 0 tp 2 fp 1, class 1 fn 1. Image 1: class 1 tp 1, class 0 nothing but negatives.
  const options = { task: "multiclass", numClasses: 2 } as const;
  const counts = concatStatCounts([
    statCounts([0, 0, 0], [0, 0, 1], { ...options, shape: [1, 3] }),
    statCounts([1], [1], { ...options, shape: [1, 1] }),
  ]);

  it("gives IoU per image and class, 0/0 as told", () => {
    expect(statScoreEach(counts, "iou")).toBeAllclose([2 / 3, 0, 0, 1], tight);
    expect(statScoreEach(counts, "iou", { zeroDivision: 1 })).toBeAllclose([2 / 3, 0, 1, 1], tight);
    expect(statScoreEach(counts, "iou", { zeroDivision: Number.NaN })).toBeAllclose([2 / 3, 0, Number.NaN, 1], tight);
  });

  it("averages in each order", () => {
    const iou = (reduction: "micro" | "macro" | "micro-imagewise" | "macro-imagewise") =>
      statScore(counts, "iou", { reduction });
    // Pooled: tp 3, fp 1, fn 1. By class: 2/3 and 1/2. By image: 2/4 and 1/1. Each: 2/3, 0, 0, 1.
    expect(iou("micro")).toBeCloseTo(3 / 5, 12);
    expect(iou("macro")).toBeCloseTo(7 / 12, 12);
    expect(iou("micro-imagewise")).toBeCloseTo(3 / 4, 12);
    expect(iou("macro-imagewise")).toBeCloseTo(5 / 12, 12);
  });

  it("weighs classes, weighted-imagewise smaller by the number of classes as in the reference", () => {
    const classWeights = [3, 1];
    const weighted = statScore(counts, "iou", { reduction: "weighted", classWeights });
    expect(weighted).toBeCloseTo((3 / 4) * (2 / 3) + (1 / 4) * (1 / 2), 12);
    const imagewise = statScore(counts, "iou", { reduction: "weighted-imagewise", classWeights });
    expect(imagewise).toBeCloseTo(((3 / 4) * (1 / 3) + (1 / 4) * (1 / 2)) / 2, 12);
  });

  it("weighs recall by beta squared: tp 3, fp 1, fn 0 give F2 15/16 and F1 6/7", () => {
    const one = statCounts([1, 1, 1, 1], [1, 1, 1, 0], { task: "binary", shape: [1, 1, 4] });
    expect(statScore(one, "fbeta", { reduction: "micro", beta: 2 })).toBeCloseTo(15 / 16, 12);
    expect(statScore(one, "f1", { reduction: "micro", beta: 2 })).toBeCloseTo(6 / 7, 12);
  });

  it("keeps 0/0 undefined under micro whatever zeroDivision says", () => {
    const empty = statCounts([0, 0], [0, 0], { task: "binary", shape: [1, 1, 2] });
    expect(statScore(empty, "f1", { reduction: "micro", zeroDivision: 1 })).toBeNaN();
    expect(statScore(empty, "f1", { reduction: "macro", zeroDivision: 1 })).toBe(1);
  });

  it("refuses class weights that do not fit the classes or sum to nothing", () => {
    for (const classWeights of [[1], [0, 0], [1, Number.NaN]])
      expect(() => statScore(counts, "iou", { reduction: "weighted", classWeights })).toThrow(UsageError);
  });
});
