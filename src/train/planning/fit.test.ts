import { describe, expect, it } from "vitest";
import { at, fitLine } from "./fit.js";

describe("fitLine", () => {
  it("goes through two points", () => {
    const line = fitLine([
      [2, 10],
      [4, 16],
    ]);
    expect(line).toEqual({ offset: 4, slope: 3 });
    expect(at(line, 10)).toBe(34);
  });
  it("has the least squares through more: 1, 2 and 6 at 0, 1 and 2 give 2.5 x + 0.5", () => {
    const line = fitLine([
      [0, 1],
      [1, 2],
      [2, 6],
    ]);
    expect(line.slope).toBeCloseTo(2.5, 12);
    expect(line.offset).toBeCloseTo(0.5, 12);
  });
  it("is level through one point, and where costs seem to fall", () => {
    expect(fitLine([[3, 7]])).toEqual({ offset: 7, slope: 0 });
    expect(
      fitLine([
        [0, 8],
        [2, 6],
      ]),
    ).toEqual({ offset: 7, slope: 0 });
  });
});
