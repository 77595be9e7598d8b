/** @file Seeded splits and folds: every item once, shares kept, the same for the same seed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SplitItem, splitByFold, splitBySeed } from "./split.js";

const items = (n: number, groups = 1): SplitItem[] =>
  Array.from({ length: n }, (_, i) => ({ id: `image-${i}`, ...(groups > 1 ? { group: `g${i % groups}` } : {}) }));
const ids = (list: readonly SplitItem[]) => list.map(({ id }) => id);

describe("splitBySeed", () => {
  it("puts every item into one split and rounds the shares over all items", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 200 }),
        fc.integer(),
        fc.integer({ min: 1, max: 30 }),
        (n, seed, groups) => {
          const { train, val, test } = splitBySeed(items(n, groups), { seed, validation: 0.2, test: 0.1 });
          expect(ids([...train, ...val, ...test]).sort()).toEqual(ids(items(n)).sort());
          expect(train.length).toBeGreaterThan(0);
          expect(val.length).toBeGreaterThan(0);
          expect(Math.abs(val.length - 0.2 * n)).toBeLessThanOrEqual(1);
          expect(Math.abs(test.length - 0.1 * n)).toBeLessThanOrEqual(1.5);
        },
      ),
      { seed: 3, numRuns: 100 },
    );
  });

  it("does not depend on the order of the files, and does on the seed", () => {
    const options = { seed: 5, validation: 0.3, test: 0 };
    const first = splitBySeed(items(40, 4), options);
    const again = splitBySeed([...items(40, 4)].reverse(), options);
    expect(new Set(ids(again.val))).toEqual(new Set(ids(first.val)));
    expect(ids(splitBySeed(items(40, 4), { ...options, seed: 6 }).val)).not.toEqual(ids(first.val));
  });

  it("takes its share of each group", () => {
    const { val } = splitBySeed(items(100, 5), { seed: 1, validation: 0.2, test: 0 });
    for (let g = 0; g < 5; g++)
      expect(Math.abs(val.filter(({ group }) => group === `g${g}`).length - 4)).toBeLessThanOrEqual(1);
  });

  it("refuses shares that leave nothing to train on", () => {
    expect(() => splitBySeed(items(4), { seed: 1, validation: 0.5, test: 0.5 })).toThrow(
      /validation 0\.5, test 0\.5; expected shares/,
    );
    expect(() => splitBySeed(items(4), { seed: 1, validation: -0.1, test: 0 })).toThrow(/expected shares/);
  });

  it("one item stays in train", () => {
    expect(splitBySeed(items(1), { seed: 1, validation: 0.2, test: 0 })).toMatchObject({
      train: [{ id: "image-0" }],
      val: [],
    });
  });
});

describe("splitByFold", () => {
  it("has every item in the val of exactly one fold, sizes differing by at most one", () => {
    const folds = [1, 2, 3, 4].map((index) => splitByFold(items(23, 3), { seed: 9, index, count: 4 }));
    expect(ids(folds.flatMap(({ val }) => val)).sort()).toEqual(ids(items(23)).sort());
    for (const { train, val } of folds) {
      expect(train.length + val.length).toBe(23);
      expect([5, 6]).toContain(val.length);
    }
  });

  it("refuses folds that do not exist", () => {
    expect(() => splitByFold(items(9), { seed: 1, index: 4, count: 3 })).toThrow(/fold 4 of 3; expected a fold from 1/);
    expect(() => splitByFold(items(9), { seed: 1, index: 1, count: 1 })).toThrow(/fold 1 of 1/);
    expect(() => splitByFold(items(2), { seed: 1, index: 1, count: 3 })).toThrow(
      /2; expected at least 3 images for 3 folds/,
    );
  });
});
