import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../util/random.js";
import { cutMixBoxes, type MixKind } from "./mixing.js";

/** The smallest rectangle that holds the ones of a plane, and how many there are. */
function extent(plane: Float32Array, width: number) {
  const at = Array.from(plane.keys()).filter((i) => plane[i] === 1);
  const [rows, columns] = [at.map((i) => Math.floor(i / width)), at.map((i) => i % width)];
  const span = (values: number[]) => Math.max(...values) - Math.min(...values) + 1;
  return { ones: at.length, height: span(rows), width: span(columns) };
}

const sizes = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 40 }),
  kind: fc.constantFrom<MixKind>("one", "three"),
});

describe("boxes of CutMix", () => {
  it("are 0 and 1, [N, 1, H, W], and the same for the same stream, at any size", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (options, seed) => {
        const masks = cutMixBoxes(new Random(seed), options);
        expect(masks).toHaveLength(options.count * options.height * options.width);
        expect(masks.every((value) => value === 0 || value === 1)).toBe(true);
        expect(cutMixBoxes(new Random(seed), options)).toEqual(masks);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("one: half of the images have a rectangle of 2-40 % with sides in the ratio 0.3 to 3.3", () => {
    const [count, height, width] = [400, 60, 80];
    const masks = cutMixBoxes(new Random(3), { count, height, width, kind: "one" });
    const boxes = Array.from({ length: count }, (_, n) =>
      extent(masks.subarray(n * height * width, (n + 1) * height * width), width),
    ).filter(({ ones }) => ones > 0);
    // 400 draws of probability 1/2 lie within 200 +- 50 (five standard deviations).
    expect(Math.abs(boxes.length - 200)).toBeLessThan(50);
    for (const box of boxes) {
      expect(box.ones).toBe(box.height * box.width);
      // A side is rounded to whole pixels: at the smallest area, 96 pixels, by up to 10 %.
      expect(box.ones / (height * width)).toBeGreaterThan(0.017);
      expect(box.ones / (height * width)).toBeLessThan(0.42);
      expect(box.height / box.width).toBeGreaterThan(0.26);
      expect(box.height / box.width).toBeLessThan(3.8);
    }
    const shares = boxes.map(({ ones }) => ones / (height * width));
    expect(Math.min(...shares)).toBeLessThan(0.05);
    expect(Math.max(...shares)).toBeGreaterThan(0.35);
  });

  it("one: boxes reach every pixel", () => {
    const [count, height, width] = [2000, 6, 9];
    const masks = cutMixBoxes(new Random(4), { count, height, width, kind: "one" });
    const covered = new Set(Array.from(masks.keys()).flatMap((i) => (masks[i] === 1 ? [i % (height * width)] : [])));
    expect(covered.size).toBe(height * width);
  });

  it("three: every image has boxes; they take at most half of it and a quarter where they do not overlap", () => {
    const [count, height, width] = [300, 64, 64];
    const masks = cutMixBoxes(new Random(5), { count, height, width, kind: "three" });
    const shares = Array.from(
      { length: count },
      (_, n) => extent(masks.subarray(n * height * width, (n + 1) * height * width), width).ones / (height * width),
    );
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(Math.max(...shares)).toBeLessThan(0.52);
    expect(Math.max(...shares)).toBeGreaterThan(0.35);
  });
});
