import { describe, expect, it } from "vitest";
import { candidateSizes, chooseSize, type SizeQuestion } from "./size.js";

describe("candidateSizes", () => {
  it("are shares of a small image, in multiples of 16 and not below 32", () => {
    expect(candidateSizes([176, 240], false, [180, 240])).toEqual([
      [176, 240],
      [128, 176],
      [96, 128],
      [64, 96],
      [48, 64],
    ]);
    expect(candidateSizes([32, 32], false, [24, 32])).toEqual([[32, 32]]);
  });
  it("are crops of a large one, no larger than the image", () => {
    expect(candidateSizes([256, 256], true, [320, 3000])).toEqual([
      [320, 512],
      [320, 384],
      [256, 256],
      [192, 192],
      [128, 128],
    ]);
  });
});

describe("chooseSize", () => {
  /** 1 ms a pixel. */
  const question: SizeQuestion = {
    sizes: [
      [64, 64],
      [32, 64],
      [32, 32],
    ],
    batch: 2,
    milliseconds: { offset: 0, slope: 1 },
    fits: (pixels) => pixels <= 10_000,
  };
  it("takes the largest that fits", () => {
    expect(chooseSize(question)).toEqual({ index: 0 });
    expect(chooseSize({ ...question, fits: (pixels) => pixels <= 5000 })).toEqual({ index: 1, refused: "memory" });
  });
  it("takes a smaller one where steps would be too slow", () => {
    expect(chooseSize({ ...question, longest: 3000 })).toEqual({ index: 2, refused: "time" });
  });
  it("takes the smallest where none is allowed", () => {
    expect(chooseSize({ ...question, fits: () => false })).toEqual({ index: 2, refused: "memory" });
  });
});
