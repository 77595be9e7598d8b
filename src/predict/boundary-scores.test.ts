import { describe, expect, it } from "vitest";
import { BoundaryScores } from "./boundary-scores.js";

/** 20x20 with a square of class 1 of side 8, its corner at (y, x). */
function square(y: number, x: number) {
  const data = new Uint8Array(400);
  for (let row = y; row < y + 8; row++) data.fill(1, row * 20 + x, row * 20 + x + 8);
  return { data, height: 20, width: 20 };
}

describe("BoundaryScores", () => {
  it("are 1 for equal masks and undefined for a class without outlines", () => {
    const scores = new BoundaryScores(3, 255);
    scores.add(square(4, 4), square(4, 4));
    const { iou, meanIou, f, meanF, bf, meanBf } = scores.result();
    expect(iou).toEqual([1, 1, Number.NaN]);
    expect(f).toEqual([1, 1, Number.NaN]);
    expect(bf).toEqual([1, 1, Number.NaN]);
    expect([meanIou, meanF, meanBf]).toEqual([1, 1, 1]);
  });

  it("of outlines: pool pixels in boundary IoU, and average images in F", () => {
    const scores = new BoundaryScores(2, 255);
    scores.add(square(4, 4), square(4, 4));
    // Far away: no true outline of class 1 has a predicted one near.
    scores.add(square(0, 0), square(12, 12));
    const { iou, f } = scores.result();
    // The band is 1 pixel wide (2 % of the diagonal 28.3): 28 pixels a square, so 28 / (28 + 28 + 28).
    expect(iou[1]).toBeCloseTo(1 / 3, 12);
    expect(f[1]).toBeCloseTo(0.5, 12);
  });
});
