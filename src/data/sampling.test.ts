import { describe, expect, it } from "vitest";
import { rareClasses, sampleWeights } from "./sampling.js";

describe("sampleWeights", () => {
  // Class 0 in all four images, 1 in two of them, 2 in one.
  const counts = [
    [100, 0, 0],
    [90, 10, 0],
    [70, 20, 10],
    [100, 0, 0],
  ];

  it("class-balanced: a third for each class, shared by its images", () => {
    const [zero, one, two] = [1 / 3 / 4, 1 / 3 / 2, 1 / 3];
    expect(sampleWeights(counts, "class-balanced")).toBeAllclose([zero, zero + one, zero + one + two, zero]);
  });

  it("rare-class: classes by exp((1 - f) / 0.01), here 0.9, 0.075 and 0.025 of the pixels", () => {
    const scores = [0.9, 0.075, 0.025].map((f) => Math.exp((1 - f) / 0.01));
    const sum = scores.reduce((a, b) => a + b);
    const [zero, one, two] = [scores[0]! / sum / 4, scores[1]! / sum / 2, scores[2]! / sum];
    expect(sampleWeights(counts, "rare-class")).toBeAllclose([zero, zero + one, zero + one + two, zero], {
      rtol: 1e-9,
    });
  });

  it("uniform draws nothing, and so does a set without any labelled pixel", () => {
    expect(sampleWeights(counts, "uniform")).toBeUndefined();
    expect(sampleWeights([[0, 0], undefined], "rare-class")).toBeUndefined();
  });

  it("images without labels keep their share; a labelled one without a class is never drawn", () => {
    const weights = sampleWeights([[5, 0], undefined, [0, 0], [5, 5]], "class-balanced")!;
    expect(weights).toBeAllclose([0.75 * 0.25, 0.25, 0, 0.75 * 0.75]);
  });
});

it("rare classes have fewer pixels than the median class", () => {
  expect(rareClasses([77, 23])).toEqual([1]);
  expect(rareClasses([50, 3, 0, 40, 7])).toEqual([1, 4]);
  expect(rareClasses([5, 5, 5])).toEqual([0, 1, 2]);
});
