import { describe, expect, it } from "vitest";
import type { Survey } from "../data/doctor/survey.js";
import { countClasses } from "../data/statistics.js";
import { chooseRareCrops, chooseSampling } from "./choose-sampling.js";

/** A survey of training images with these pixels of each class, of which `images` are in the set. */
function surveyOf(counts: readonly (readonly number[])[], images = counts.length): Survey {
  const records = counts.map((classPixels) => ({ split: "train", mask: { classPixels } }));
  return { dataset: { splits: { train: new Array(images).fill({}) } }, records, total: images } as unknown as Survey;
}

describe("the plan's sampling", () => {
  const survey = surveyOf([
    [100, 0],
    [100, 0],
    [100, 0],
    [90, 10],
  ]);

  it("is uniform, with no weights, unless asked for", () => {
    expect(chooseSampling({}, survey).value).toEqual({ rule: "uniform", weights: null });
  });

  it("class-balanced draws the one image with the rare class 2.5 times in an epoch", () => {
    const { value, reason } = chooseSampling({ sampling: "class-balanced" }, survey);
    expect(value).toEqual({ rule: "class-balanced", weights: [0.5, 0.5, 0.5, 2.5] });
    expect(reason).toContain("every class is drawn alike");
  });

  it("is refused where not all training images were looked at", () => {
    const part = surveyOf([[100, 0]], 5);
    expect(() => chooseSampling({ sampling: "rare-class" }, part)).toThrow("1 of them were; expected all 5 training");
  });
});

it("rare crops are of the classes below the median, where a share is given", () => {
  const counts = countClasses([[60, 30, 10]], 3);
  expect(chooseRareCrops({ rareCrops: 0.33 }, counts)).toEqual({ classes: [2], p: 0.33 });
  expect(chooseRareCrops({}, counts)).toBeUndefined();
});
