/** @file Boundary IoU: bands worked out by hand, and against a search over every window. */
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { boundaryDistance, ClassBoundaryIou, innerBand, maskBoundaryIou } from "./boundary-iou.js";

/** A square of side 5 in a map of 9x9, its left column at x. */
function square(x: number, label = 1) {
  const inside = (i: number) => i % 9 >= x && i % 9 < x + 5 && i >= 18 && i < 63;
  return { data: Uint8Array.from({ length: 81 }, (_, i) => (inside(i) ? label : 0)), height: 9, width: 9 };
}

describe("boundaryDistance", () => {
  it("rounds halves to the even number and is at least 1", () => {
    // The diagonal of 3x4 is 5: 1.5, 2.5, 3.5 and 0.05 pixels.
    expect([0.3, 0.5, 0.7, 0.01].map((ratio) => boundaryDistance(ratio, 3, 4))).toEqual([2, 2, 4, 1]);
  });
});

describe("innerBand", () => {
  it("holds the pixels whose window has another label or leaves the image", () => {
    const random = new Random(5, "band");
    const [height, width] = [15, 21];
    // Rectangles, so that windows of one label exist.
    const labels = new Int16Array(height * width);
    for (let n = 0; n < 3; n++) {
      const [y0, x0, label] = [random.integer(height), random.integer(width), random.integer(4) - 1];
      for (let y = y0; y < height; y++) for (let x = x0; x < width; x++) labels[y * width + x] = label;
    }
    for (const distance of [1, 2, 3, 30]) {
      const expected = Array.from({ length: height * width }, (_, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        for (let v = y - distance; v <= y + distance; v++)
          for (let u = x - distance; u <= x + distance; u++)
            if (v < 0 || v >= height || u < 0 || u >= width || labels[v * width + u] !== labels[i]) return 1;
        return 0;
      });
      expect([...innerBand(labels, height, width, distance)]).toEqual(expected);
    }
  });
});

describe("maskBoundaryIou", () => {
  it("of a 5x5 square moved by one column is 8/24, its mask IoU 20/30", () => {
    const scores = maskBoundaryIou(square(2), square(3));
    expect(scores).toMatchObject({ distance: 1, intersection: 8, union: 24, boundaryIou: 8 / 24, maskIou: 20 / 30 });
    expect(scores.minIou).toBe(8 / 24);
  });

  it("of two empty masks is 0, as the COCO tools have it", () => {
    const empty = square(2, 0);
    expect(maskBoundaryIou(empty, empty)).toMatchObject({ union: 0, boundaryIou: 0, maskIou: 0, minIou: 0 });
  });

  it("of a mask that fills the image is 1: the image's edge is an edge of the mask", () => {
    const full = { data: new Uint8Array(81).fill(1), height: 9, width: 9 };
    expect(maskBoundaryIou(full, full)).toMatchObject({ intersection: 32, union: 32, boundaryIou: 1 });
  });

  it("refuses sizes that differ", () => {
    expect(() => maskBoundaryIou(square(2), { data: [0], height: 1, width: 1 })).toThrow(DataError);
  });
});

describe("ClassBoundaryIou", () => {
  it("equals the boundary IoU of each class mask", () => {
    const [truth, prediction] = [square(2, 2), square(3, 2)];
    const of = (map: ReturnType<typeof square>, index: number) => ({
      ...map,
      data: map.data.map((label) => Number(label === index)),
    });
    const scores = new ClassBoundaryIou(3).add(truth, prediction);
    const expected = [0, 2].map((index) => maskBoundaryIou(of(truth, index), of(prediction, index)).boundaryIou);
    expect([...scores.iou()]).toEqual([expected[0], Number.NaN, expected[1]]);
    expect(scores.mean()).toBeCloseTo((expected[0]! + expected[1]!) / 2, 12);
    expect(scores.mean("zero")).toBeCloseTo((expected[0]! + expected[1]!) / 3, 12);
  });

  it("adds pixels over images: 8/24 and 16/16 are 24/40", () => {
    const scores = new ClassBoundaryIou(2).add(square(2), square(3)).add(square(2), square(2));
    expect(scores.iou()[1]).toBeCloseTo(24 / 40, 12);
  });

  it("hides ignored pixels in both maps, so that an image of nothing else changes no count", () => {
    const scores = new ClassBoundaryIou(2, { ignoreIndex: 255 });
    const hidden = { data: new Uint8Array(81).fill(255), height: 9, width: 9 };
    expect(scores.add(hidden, square(2)).iou()).toBeAllclose([Number.NaN, Number.NaN]);
    expect(scores.mean()).toBeNaN();
  });

  it("refuses class counts that are no positive integer", () => {
    expect(() => new ClassBoundaryIou(0)).toThrow(UsageError);
  });
});
