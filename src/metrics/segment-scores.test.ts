import { describe, expect, it } from "vitest";
import { segmentScores } from "./segment-scores.js";

const map = (...rows: string[]) => ({
  data: rows.flatMap((row) => [...row].map(Number)),
  height: rows.length,
  width: rows[0]!.length,
});

const bits = (...shares: number[]): number => shares.reduce((sum, p) => sum - p * Math.log2(p), 0);

describe("segmentScores", () => {
  // Two objects of 4 pixels with a gap of one.
  const two = map("11011", "11011");

  it("of the truth itself are 0, however wide its gaps are drawn", () => {
    const perfect = { objects: 2, segments: 2, splits: 0, merges: 0, viSplit: 0, viMerge: 0, randError: 0 };
    expect(segmentScores(two, two)).toEqual(perfect);
    expect(segmentScores(two, map("10001", "10001"))).toEqual(perfect);
  });

  it("of a gap that is missed: one merge, and one bit to tell the object of a pixel", () => {
    const found = segmentScores(two, map("11111", "11111"));
    expect(found).toMatchObject({ objects: 2, segments: 1, splits: 0, merges: 1, viSplit: 0, viMerge: 1 });
    // Pairs together in both: 2 x 4 x 3; in the truth as many, in the prediction 8 x 7.
    expect(found.randError).toBeCloseTo(1 - (2 * 24) / (24 + 56), 12);
  });

  it("of a gap too many: one split, by as many bits as its parts need", () => {
    const one = map("111111", "111111");
    const found = segmentScores(one, map("110111", "110111"));
    // The gap's two pixels go to the left part, which reaches them first: 6 and 6 of 12.
    expect(found).toMatchObject({ objects: 1, segments: 2, splits: 1, merges: 0, viSplit: 1, viMerge: 0 });
    expect(found.randError).toBeCloseTo(1 - (2 * 60) / (60 + 132), 12);
  });

  it("of a segment that leaks a little into another object: neither split nor merge, but some bits", () => {
    const truth = map("1111022222");
    const found = segmentScores(truth, map("1110222222"));
    // Segment 1 grows by one pixel, so the gap of both maps is one pixel off; no pixel changes its object.
    expect(found).toMatchObject({ splits: 0, merges: 0, viSplit: 0 });
    const leak = segmentScores(truth, map("1122222222"));
    // Object 1 is 2 + 2 pixels, segment 2 holds 2 + 5.
    expect(leak).toMatchObject({ splits: 0, merges: 0 });
    expect(leak.viSplit).toBeCloseTo((4 / 9) * bits(0.5, 0.5), 12);
    expect(leak.viMerge).toBeCloseTo((7 / 9) * bits(2 / 7, 5 / 7), 12);
  });

  it("equal scikit-image 0.19: variation_of_information and adapted_rand_error with ignore_labels=(0,)", () => {
    const truth = map("111022", "111022", "000000", "330444", "330444");
    const prediction = map("112222", "112222", "112222", "333333", "333333");
    const found = segmentScores(truth, prediction);
    expect([found.viSplit, found.viMerge]).toBeAllclose([0.27548875, 0.76096405], { rtol: 1e-7 });
    expect(found.randError).toBeCloseTo(0.37037037037037035, 12);
    // Segment 3 holds objects 3 and 4.
    expect(found).toMatchObject({ objects: 4, segments: 3, splits: 0, merges: 1 });
  });

  it("take the objects of the classes that are named, leave out small ones and void", () => {
    const truth = map("00100", "00100");
    expect(segmentScores(truth, truth, { objects: [0] })).toMatchObject({ objects: 2, segments: 2, merges: 0 });
    const specks = map("00101", "00100");
    expect(segmentScores(truth, specks, { objects: [0], minSize: 4 })).toMatchObject({ objects: 2, segments: 1 });
    expect(segmentScores(map("11211"), map("11311"), { ignoreIndex: 2 })).toMatchObject({ objects: 2, segments: 3 });
  });

  it("without objects are 0, and without segments those of one segment", () => {
    const none = map("00000", "00000");
    expect(segmentScores(none, two)).toMatchObject({ objects: 0, splits: 0, viSplit: 0, viMerge: 0, randError: 0 });
    expect(segmentScores(two, none)).toMatchObject({ segments: 0, merges: 1, viSplit: 0, viMerge: 1 });
  });

  it("refuse maps of different sizes", () => {
    expect(() => segmentScores(two, map("11"))).toThrow("the prediction is 1x2; expected 2x5");
  });
});
