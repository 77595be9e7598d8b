/** @file Region scores: values worked out by hand, rules for absent classes, nothing counted. */
import { describe, expect, it } from "vitest";
import { ConfusionMatrix } from "./confusion.js";
import { ImageScores } from "./image-scores.js";
import { type AbsentRule, nanMean } from "./mean.js";
import {
  classDice,
  classIou,
  classPrecision,
  classRecall,
  frequencyWeightedIou,
  kappa,
  meanDice,
  meanIou,
  meanPixelAccuracy,
  microDice,
  microIou,
  pixelAccuracy,
} from "./scores.js";

const tight = { rtol: 1e-12, atol: 1e-15 };
const rules: AbsentRule[] = ["skip", "zero", "one", "poison", "present-in-truth"];

describe("scores of [[2, 1, 0], [0, 1, 1], [0, 0, 1]]", () => {
  const matrix = new ConfusionMatrix(3).add([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]);

  it("per class: recall by row, precision by column, IoU by union, Dice by sum", () => {
    expect(classRecall(matrix)).toBeAllclose([2 / 3, 1 / 2, 1], tight);
    expect(classPrecision(matrix)).toBeAllclose([1, 1 / 2, 1 / 2], tight);
    expect(classIou(matrix)).toBeAllclose([2 / 3, 1 / 3, 1 / 2], tight);
    expect(classDice(matrix)).toBeAllclose([4 / 5, 1 / 2, 2 / 3], tight);
  });

  it("averaged: PA 4/6, MPA 13/18, mIoU 1/2, FWIoU 19/36, kappa 1/2, micro IoU 1/2", () => {
    expect(pixelAccuracy(matrix)).toBeCloseTo(4 / 6, 12);
    expect(meanPixelAccuracy(matrix)).toBeCloseTo(13 / 18, 12);
    expect(meanIou(matrix)).toBeCloseTo(1 / 2, 12);
    expect(meanDice(matrix)).toBeCloseTo(59 / 90, 12);
    expect(frequencyWeightedIou(matrix)).toBeCloseTo(19 / 36, 12);
    expect(kappa(matrix)).toBeCloseTo(1 / 2, 12);
    expect(microIou(matrix)).toBeCloseTo(1 / 2, 12);
    expect(microDice(matrix)).toBeCloseTo(4 / 6, 12);
  });
});

describe("absent classes", () => {
  // Class 0: IoU 1/2; class 1 is only predicted: IoU 0; class 2 is in neither map: 0/0.
  const matrix = new ConfusionMatrix(3).add([0, 0], [0, 1]);

  it("mIoU is 1/4 skipped, 1/6 as zero, 1/2 as one, NaN poisoned, 1/2 over true classes", () => {
    expect(rules.map((rule) => meanIou(matrix, rule))).toBeAllclose([1 / 4, 1 / 6, 1 / 2, Number.NaN, 1 / 2], tight);
  });

  it("a class that is never predicted has no precision, one that is never true no recall", () => {
    expect(classPrecision(matrix)).toBeAllclose([1, 0, Number.NaN], tight);
    expect(classRecall(matrix)).toBeAllclose([1 / 2, Number.NaN, Number.NaN], tight);
  });

  it("a class that is the ignored label takes no part under any rule", () => {
    const ignoring = new ConfusionMatrix(2, { ignoreIndex: 0 }).add([0, 0, 1, 1], [0, 1, 0, 1]);
    expect(classIou(ignoring)).toBeAllclose([Number.NaN, 1 / 2], tight);
    expect(rules.map((rule) => meanIou(ignoring, rule))).toBeAllclose([0.5, 0.5, 0.5, 0.5, 0.5], tight);
    expect([microIou(ignoring), frequencyWeightedIou(ignoring)]).toBeAllclose([1 / 2, 1 / 2], tight);
  });

  it("every score is NaN when all pixels are ignored, and nothing throws", () => {
    const empty = new ConfusionMatrix(2, { ignoreIndex: 255 }).add([255, 255], [0, 1]);
    const scores = [
      pixelAccuracy,
      meanPixelAccuracy,
      meanIou,
      meanDice,
      frequencyWeightedIou,
      microIou,
      microDice,
      kappa,
    ];
    expect(scores.map((score) => score(empty))).toEqual(scores.map(() => Number.NaN));
    expect(meanIou(empty, "one")).toBe(1);
  });
});

describe("predictions out of range", () => {
  it("are misses of the true class under error, and leave no trace in the scores under drop", () => {
    const score = (rule: "error" | "drop") => {
      const matrix = new ConfusionMatrix(2, { predictionOutOfRange: rule }).add([0, 0, 1, 1], [0, 9, 1, 1]);
      return [pixelAccuracy(matrix), meanIou(matrix), classRecall(matrix)[0]!];
    };
    expect(score("error")).toBeAllclose([3 / 4, 3 / 4, 1 / 2], tight);
    expect(score("drop")).toBeAllclose([1, 1, 1], tight);
  });
});

describe("kappa", () => {
  it("is 0 for a guess, -1 for a swap of equal classes, NaN where chance agrees everywhere", () => {
    const of = (truth: number[], prediction: number[]) => kappa(new ConfusionMatrix(2).add(truth, prediction));
    expect([of([0, 0, 1, 1], [0, 1, 0, 1]), of([0, 1], [1, 0]), of([1, 1], [1, 1])]).toBeAllclose(
      [0, -1, Number.NaN],
      tight,
    );
  });

  it("keeps its digits at 4e12 pixels, where products of counts leave the exact integers", () => {
    const matrix = new ConfusionMatrix(2);
    matrix.counts.set([1e12, 1e12, 0, 1e12, 1e12, 0]);
    expect(kappa(matrix)).toBe(0);
  });
});

describe("ImageScores", () => {
  const map = (data: number[]) => ({ data, height: 1, width: data.length });
  const scores = new ImageScores(2, { ignoreIndex: 255 });
  scores.add("good", map([0, 0, 1, 1]), map([0, 0, 1, 1]));
  scores.add("bad", map([0, 0]), map([1, 0]));
  scores.add("void", map([255]), map([0]));

  it("weighs pixels alike in the matrix and images alike in the means", () => {
    expect(pixelAccuracy(scores.matrix)).toBeCloseTo(5 / 6, 12);
    const means = scores.means();
    expect(means.pixelAccuracy).toBeCloseTo(3 / 4, 12);
    expect(means.meanIou).toBeCloseTo((1 + 1 / 4) / 2, 12);
  });

  it("leaves images without a counted pixel out and names them", () => {
    expect(scores.means()).toMatchObject({ images: 2, leftOut: ["void"] });
    expect(scores.worst(5).map(({ name }) => name)).toEqual(["bad", "good"]);
  });
});

describe("nanMean", () => {
  it("skips NaN, and is NaN of nothing", () => {
    expect([nanMean([1, Number.NaN, 2]), nanMean([Number.NaN]), nanMean([])]).toEqual([1.5, Number.NaN, Number.NaN]);
  });
});
