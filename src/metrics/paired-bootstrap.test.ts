import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { Random } from "../util/random.js";
import type { ImageCounts } from "./image-scores.js";
import { pairedBootstrap } from "./paired-bootstrap.js";

const counts = (intersections: number[], unions: number[], truth = unions): ImageCounts => ({
  intersections,
  unions,
  truth,
});

/** Images of 3 classes with a model that is right on about `share` of the pixels. */
function images(seed: number, share: number, count = 12): ImageCounts[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const unions = [0, 1, 2].map(() => 50 + random.integer(50));
    return counts(
      unions.map((union) => Math.round(union * Math.min(1, share + 0.2 * random.uniform()))),
      unions,
    );
  });
}

describe("pairedBootstrap", () => {
  it("equals two images worked out by hand", () => {
    // Draws: twice the first (1 of 4), one of each (2 of 4), twice the second (1 of 4). Differences: 0.5, pooled
    // (8 + 2) / 20 - (3 + 2) / 20 = 0.25, and 0. Each end has more than 2.5 % of the draws, so the bounds are the ends.
    const first = [counts([3], [10]), counts([2], [10])];
    const second = [counts([8], [10]), counts([2], [10])];
    const { mean, classes, share } = pairedBootstrap(first, second);
    expect(mean).toEqual({ first: 0.25, second: 0.5, difference: 0.25, low: 0, high: 0.5 });
    expect(classes).toEqual([mean]);
    // 3 of 4 draws hold the first image; 5 standard errors of 2000 draws are 0.048.
    expect(Math.abs(share - 0.75)).toBeLessThan(0.049);
  });

  it("has no width for one image", () => {
    // With one image there is one draw only, and no doubt that comes from the images.
    const { mean } = pairedBootstrap([counts([1, 0], [2, 4])], [counts([2, 1], [2, 4])]);
    expect(mean).toEqual({ first: 0.25, second: 0.625, difference: 0.375, low: 0.375, high: 0.375 });
  });

  it("is the same for the same seed, another for another, and narrower for a smaller share", () => {
    const [a, b] = [images(1, 0.5), images(2, 0.55)];
    const one = pairedBootstrap(a, b);
    expect(pairedBootstrap(a, b)).toEqual(one);
    expect(pairedBootstrap(a, b, { seed: 2 }).mean.low).not.toBe(one.mean.low);
    const half = pairedBootstrap(a, b, { level: 0.5 }).mean;
    expect(half.low).toBeGreaterThan(one.mean.low);
    expect(half.high).toBeLessThan(one.mean.high);
    expect(one.mean.low).toBeLessThan(one.mean.difference);
    expect(one.mean.high).toBeGreaterThan(one.mean.difference);
  });

  it("turns its sign with the order, and finds no difference of a model from itself", () => {
    const [a, b] = [images(1, 0.5), images(2, 0.55)];
    const [there, back] = [pairedBootstrap(a, b).mean, pairedBootstrap(b, a).mean];
    expect(back.low).toBeCloseTo(-there.high, 12);
    expect(back.high).toBeCloseTo(-there.low, 12);
    expect(pairedBootstrap(a, a).mean).toMatchObject({ difference: 0, low: 0, high: 0 });
  });

  it("is narrower for paired images than their spread: what is hard for both cancels", () => {
    const a = images(1, 0.2, 30);
    const b = a.map(({ intersections, unions, truth }) =>
      counts(
        Array.from(intersections, (count) => count + 1),
        Array.from(unions),
        Array.from(truth),
      ),
    );
    const shuffled = new Random(3).permutation(30).map((i) => b[i]!);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(width(pairedBootstrap(a, b).mean)).toBeLessThan(0.2 * width(pairedBootstrap(a, shuffled).mean));
  });

  it("leaves classes that no resample shows without bounds, and out of the mean", () => {
    const first = [counts([1, 0], [2, 0]), counts([1, 0], [2, 0])];
    const { mean, classes } = pairedBootstrap(first, first);
    expect(mean.first).toBe(0.5);
    expect(classes[1]).toEqual({
      first: Number.NaN,
      second: Number.NaN,
      difference: Number.NaN,
      low: Number.NaN,
      high: Number.NaN,
    });
    expect(pairedBootstrap(first, first, { absent: "zero" }).mean.first).toBe(0.25);
  });

  it("refuses other numbers of images", () => {
    expect(() => pairedBootstrap([], [])).toThrow(UsageError);
    expect(() => pairedBootstrap(images(1, 0.5), images(1, 0.5, 3))).toThrow("12 and 3 images");
  });
});
