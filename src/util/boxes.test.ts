import { describe, expect, it } from "vitest";
import { boxAreas, boxIou, clipBoxes, decodeBoxes, encodeBoxes, generalizedBoxIou, nms } from "./boxes.js";

describe("boxes", () => {
  it("areas are width times height", () => {
    expect(Array.from(boxAreas([0, 0, 2, 3, 1, 1, 1, 5]))).toEqual([6, 0]);
  });

  it("overlap of two 2x2 squares shifted by 1 is 2 of 6, and their hull adds nothing", () => {
    expect(Array.from(boxIou([0, 0, 2, 2], [1, 0, 3, 2]))).toEqual([2 / 6]);
    expect(Array.from(generalizedBoxIou([0, 0, 2, 2], [1, 0, 3, 2]))).toEqual([2 / 6]);
  });

  it("generalized overlap of squares apart is negative: 2 of 3 columns of the hull are covered", () => {
    expect(Array.from(generalizedBoxIou([0, 0, 1, 1], [2, 0, 3, 1]))).toBeAllclose([-1 / 3]);
  });

  it("nms keeps the best of two that overlap, and both when their groups differ", () => {
    const boxes = [0, 0, 2, 2, 0, 0, 2, 1.5, 5, 5, 6, 6];
    expect(nms(boxes, [0.3, 0.9, 0.5], 0.5)).toEqual([1, 2]);
    expect(nms(boxes, [0.3, 0.9, 0.5], 0.5, [0, 1, 0])).toEqual([1, 2, 0]);
  });

  it("clipBoxes cuts off at the image's edges", () => {
    expect(Array.from(clipBoxes([-1, -2, 9, 9], 5, 7))).toEqual([0, 0, 7, 5]);
  });

  it("the code of a box twice as large and shifted by half a width is (0.5, 0, ln 2, ln 2), weighted", () => {
    const code = encodeBoxes([0, -5, 20, 15], [0, 0, 10, 10], [10, 10, 5, 5]);
    expect(code).toBeAllclose([5, 0, 5 * Math.log(2), 5 * Math.log(2)]);
  });

  it("decoding inverts encoding, and limits how large a box can get", () => {
    const [boxes, anchors] = [
      [1, 2, 5, 9, 0, 0, 3, 4],
      [0, 0, 4, 4, 1, 1, 2, 3],
    ];
    const weights = [10, 10, 5, 5] as const;
    expect(decodeBoxes(encodeBoxes(boxes, anchors, weights), anchors, weights)).toBeAllclose(boxes, { rtol: 1e-5 });
    // exp(100) would overflow; the limit is 1000/16 times the anchor's size of 16.
    expect(decodeBoxes([0, 0, 100, 0], [0, 0, 16, 16])).toBeAllclose([8 - 500, 0, 8 + 500, 16]);
  });
});
