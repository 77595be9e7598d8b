/** @file Long curves made short. */
import { describe, expect, it } from "vitest";
import { thin } from "./thin.js";

describe("thin", () => {
  it("keeps a short curve and splits it at values that are no numbers", () => {
    const stretches = thin(
      [
        [1, 5],
        [2, null],
        [3, 7],
        [4, 8],
        [5, Number.NaN],
      ],
      10,
    );
    expect(stretches.map((stretch) => stretch.map(({ x, y }) => [x, y]))).toEqual([
      [[1, 5]],
      [
        [3, 7],
        [4, 8],
      ],
    ]);
  });

  it("turns each column of a long curve into its mean and range", () => {
    const points = [10, 20, 60, 1, 2, 3].map((y, x): [number, number] => [x, y]);
    expect(thin(points, 2)).toEqual([
      [
        { x: 1, y: 30, low: 10, high: 60 },
        { x: 4, y: 2, low: 1, high: 3 },
      ],
    ]);
  });

  it("takes the mean of what is there in a column with gaps", () => {
    expect(
      thin(
        [
          [0, 1],
          [1, null],
          [2, Number.POSITIVE_INFINITY],
          [3, 5],
        ],
        2,
      ),
    ).toEqual([
      [
        { x: 0, y: 1, low: 1, high: 1 },
        { x: 3, y: 5, low: 5, high: 5 },
      ],
    ]);
  });

  it("gives nothing for nothing", () => {
    expect(thin([], 5)).toEqual([]);
    expect(thin([[1, null]], 5)).toEqual([]);
  });
});
