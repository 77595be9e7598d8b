/** @file DAVIS F and BF score: boundaries worked out by hand, distances against a search over all pairs. */
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { bfScore } from "./bf-score.js";
import { classBoundaries, countNear, toleranceRadius } from "./boundary-match.js";
import { davisScores } from "./davis.js";

/** A label map drawn with one digit per pixel. */
function draw(...rows: string[]) {
  return { data: Uint8Array.from([...rows.join("")], Number), height: rows.length, width: rows[0]!.length };
}

const dot = (x: number) => draw("0000000", "0000000", `${"0".repeat(x)}1${"0".repeat(6 - x)}`, "0000000");

describe("classBoundaries", () => {
  it("of one pixel are the pixel and its north, west and north-west neighbours", () => {
    const { data, height, width } = dot(3);
    expect(classBoundaries(data, height, width, 2)[1]).toEqual([1 * 7 + 2, 1 * 7 + 3, 2 * 7 + 2, 2 * 7 + 3]);
  });

  it("last row looks east only, last column south only, last pixel never", () => {
    const { data, height, width } = draw("000", "001", "011");
    expect(classBoundaries(data, height, width, 2)[1]).toEqual([1, 2, 3, 4, 6]);
  });

  it("equal, class by class, those of each class mask alone", () => {
    const random = new Random(3, "boundaries");
    const [height, width] = [13, 17];
    const labels = Int16Array.from({ length: height * width }, () => random.integer(5) - 1);
    const together = classBoundaries(labels, height, width, 4);
    for (let index = 0; index < 4; index++) {
      const mask = labels.map((label) => Number(label === index));
      expect(together[index]).toEqual(classBoundaries(mask, height, width, 2)[1]);
    }
  });
});

describe("countNear", () => {
  it("equals a search over all pairs, for any radius", () => {
    const random = new Random(4, "near");
    for (const radius of [0, 1, 2, 2.5, 5, 7, 40]) {
      const [height, width] = [19, 23];
      const pick = (p: number) => Array.from({ length: height * width }, (_, i) => i).filter(() => random.chance(p));
      const [points, seeds] = [pick(0.2), pick(0.02)];
      const isNear = (a: number) =>
        seeds.some((b) => {
          const [dy, dx] = [Math.floor(a / width) - Math.floor(b / width), (a % width) - (b % width)];
          return dy * dy + dx * dx <= radius * radius;
        });
      expect(countNear(points, seeds, height, width, radius)).toBe(points.filter(isNear).length);
    }
  });

  it("is 0 without points or seeds", () => {
    expect([countNear([], [1], 2, 2, 5), countNear([1], [], 2, 2, 5)]).toEqual([0, 0]);
  });
});

describe("toleranceRadius", () => {
  it("is a share of the diagonal below 1, rounded up, and pixels from 1 on", () => {
    expect([toleranceRadius(0.5, 3, 4), toleranceRadius(0.2, 3, 4), toleranceRadius(3, 30, 40)]).toEqual([3, 1, 3]);
  });
});

describe("davisScores", () => {
  it("a pixel moved by one is J 0 and F 1 at tolerance 1", () => {
    expect(davisScores(dot(2), dot(3), { tolerance: 1 })).toMatchObject({ j: 0, f: 1 });
  });

  it("a pixel moved by three is F 0 at tolerance 1 and 1/2 at 2, where the near halves touch", () => {
    expect(davisScores(dot(2), dot(5), { tolerance: 1 }).f).toBe(0);
    expect(davisScores(dot(2), dot(5), { tolerance: 2 })).toMatchObject({ precision: 0.5, recall: 0.5, f: 0.5 });
  });

  it("two empty masks are J 1 and F 1; one empty mask is F 0", () => {
    const empty = draw("0000000", "0000000", "0000000", "0000000");
    expect(davisScores(empty, empty)).toMatchObject({ j: 1, precision: 1, recall: 1, f: 1 });
    expect(davisScores(dot(3), empty)).toMatchObject({ j: 0, precision: 1, recall: 0, f: 0 });
    expect(davisScores(empty, dot(3))).toMatchObject({ j: 0, precision: 0, recall: 1, f: 0 });
  });

  it("void pixels are background in both masks", () => {
    const hidden = dot(3).data;
    expect(davisScores(dot(3), dot(3), { void: hidden })).toMatchObject({ j: 1, truthBoundary: [] });
    expect(() => davisScores(dot(3), dot(3), { void: [1] })).toThrow(DataError);
  });

  it("any label but 0 is the object, and masks without pixels are equal", () => {
    const high = { ...dot(3), data: dot(3).data.map((value) => value * 200) };
    expect(davisScores(high, dot(3)).j).toBe(1);
    const none = { data: [], height: 0, width: 0 };
    expect(davisScores(none, none)).toMatchObject({ j: 1, f: 1 });
  });

  it("refuses sizes that differ", () => {
    expect(() => davisScores(dot(3), draw("0101"))).toThrow(DataError);
  });
});

describe("bfScore", () => {
  const truth = draw("000111", "000111", "000111", "000111");
  const moved = draw("000001", "000001", "000001", "000001");

  it("an edge moved by two columns is missed at tolerance 1 and found at 2; a class in neither map is null", () => {
    const at = (tolerance: number) => bfScore(truth, moved, { numClasses: 3, tolerance });
    expect(at(1).classes.map((match) => match?.f ?? null)).toEqual([0, 0, null]);
    expect(at(2).classes.map((match) => match?.f ?? null)).toEqual([1, 1, null]);
    expect([at(1).meanF, at(2).meanF]).toEqual([0, 1]);
  });

  it("a class that is only predicted counts under skip, not under present-in-truth", () => {
    const extra = draw("000111", "000111", "000111", "000112");
    const options = { numClasses: 3, tolerance: 1 };
    const scores = bfScore(truth, extra, options);
    expect(scores.classes[2]).toMatchObject({ recall: 1, f: 0 });
    const [first, second] = [scores.classes[0]!.f, scores.classes[1]!.f];
    expect(first).toBe(1);
    expect(scores.meanF).toBeCloseTo((first + second) / 2, 12);
    expect(bfScore(truth, extra, { ...options, absent: "skip" }).meanF).toBeCloseTo((first + second) / 3, 12);
  });

  it("ignored pixels belong to no class in either map", () => {
    const hidden = { ...truth, data: truth.data.map((label, i) => (i % 6 > 2 ? 9 : label)) };
    const scores = bfScore(hidden, moved, { numClasses: 2, ignoreIndex: 9 });
    expect(scores.classes[1]).toBeNull();
    expect(scores.meanF).toBe(1);
  });

  it("is NaN when every pixel is ignored", () => {
    const all = { ...truth, data: truth.data.map(() => 255) };
    expect(bfScore(all, truth, { numClasses: 2, ignoreIndex: 255 }).meanF).toBeNaN();
  });

  it("refuses sizes that differ and class counts that are no positive integer", () => {
    expect(() => bfScore(truth, dot(3), { numClasses: 2 })).toThrow(DataError);
    expect(() => bfScore(truth, truth, { numClasses: 0 })).toThrow(UsageError);
  });
});
