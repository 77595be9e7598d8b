import { describe, expect, it } from "vitest";
import { Random } from "../../util/random.js";
import { judgeRates, runawayOf, smooth } from "./judge-rates.js";
import { rateFactor } from "./range-test.js";

const ratesOf = (steps: number): number[] => Array.from({ length: steps }, (_, i) => 1e-6 * rateFactor(steps) ** i);
const steps = 61;
const rates = ratesOf(steps);

/** A loss that falls from 2 to 1 around a rate, and rises without end behind another. */
const losses = (fall: number, rise: number): number[] =>
  rates.map((rate) => {
    const x = Math.log10(rate / fall);
    return 2 - 1 / (1 + Math.exp(-4 * x)) + Math.max(0, rate / rise - 1) ** 2;
  });

describe("smooth", () => {
  it("weighs the latest most, without a pull towards 0 at the start", () => {
    // With 61 steps from 1e-6 to 1, ten a decade.
    expect(smooth([4], 61)[0]).toBeCloseTo(4, 12);
    // (0.85 * 0.15 * 4 + 0.15 * 8) / (1 - 0.85^2) = 1.71 / 0.2775
    expect(smooth([4, 8], 61)[1]).toBeCloseTo(1.71 / 0.2775, 12);
    expect(smooth([3, 3, 3], 61)).toBeAllclose([3, 3, 3], { rtol: 1e-12, atol: 0 });
  });
  it("reaches over the same range of rates in fewer steps: with 31 each counts twice", () => {
    const kept = 0.85 ** 2;
    expect(smooth([4, 8], 31)[1]).toBeCloseTo((kept * 4 + 8) / (kept + 1), 12);
  });
});

describe("judgeRates", () => {
  it("goes from one millionth to 1 in equal steps of the logarithm", () => {
    expect(rates[0]).toBe(1e-6);
    expect(rates[60]).toBeCloseTo(1, 9);
    expect(rates[10]).toBeCloseTo(1e-5, 12);
  });
  it("takes the rate where the loss falls fastest", () => {
    const { learningRate, steepest, divergence, points, reason } = judgeRates(rates, losses(1e-3, 0.3), 1);
    expect(steepest).toBeGreaterThan(8e-4);
    expect(steepest).toBeLessThan(1.3e-3);
    expect(learningRate).toBe(Number(steepest!.toPrecision(2)));
    expect(divergence).toBeGreaterThan(0.3);
    expect(points).toHaveLength(steps);
    expect(reason).toContain("fell fastest");
  });
  it("takes a tenth of the rate where the loss runs away, if that is less", () => {
    const { learningRate, divergence } = judgeRates(rates, losses(1e-2, 10).slice(0, 49), 1);
    expect(divergence).toBe(rates[49]);
    expect(learningRate).toBe(Number((divergence! / 10).toPrecision(2)));
  });
  it("counts the first loss that is no number as run away", () => {
    const broken = losses(1e-3, 10).slice(0, 45);
    expect(judgeRates(rates, broken, 1).divergence).toBe(rates[45]);
    const { divergence, points } = judgeRates(rates, [...broken, Number.NaN, 1], 1);
    expect(divergence).toBe(rates[45]);
    expect(points.at(-1)).toEqual({ learningRate: rates[45], loss: null, smoothed: null });
  });
  it("finds no rate where the loss never falls", () => {
    const rising = rates.map((_, i) => 1 + i / 100);
    expect(judgeRates(rates, rising, 1)).toMatchObject({ learningRate: null, steepest: null });
    expect(judgeRates(rates, [], 1)).toMatchObject({ learningRate: null, divergence: 1e-6 });
  });
});

describe("judgeRates with batches that differ", () => {
  /** A loss that falls from 2.4 to 1.2 around 1e-3 and rises without end above 0.1. */
  const clean = (rate: number): number =>
    2.4 - 1.2 / (1 + Math.exp(-4 * Math.log10(rate / 1e-3))) + Math.max(0, rate / 0.1 - 1) ** 2;
  /** Each loss off by a share of itself. */
  const noisy = (count: number, noise: number, seed: number, curve = clean): number[] => {
    const random = new Random(seed, "range test");
    return ratesOf(count).map((rate) => curve(rate) * (1 + noise * random.normal()));
  };
  const draws = 200;
  const judged = (count: number, noise: number, curve = clean) =>
    Array.from({ length: draws }, (_, seed) => judgeRates(ratesOf(count), noisy(count, noise, seed, curve), seed));

  it.each([
    [0.04, 30, 0.95],
    [0.04, 60, 0.95],
    [0.04, 100, 0.95],
    [0.08, 30, 0.95],
    [0.08, 60, 0.95],
    [0.08, 100, 0.95],
    [0.125, 30, 0.9],
    [0.125, 40, 0.95],
    [0.125, 60, 0.95],
    [0.125, 100, 0.95],
  ])("by %f of the loss, in %i steps: from 2.5e-4 to 4e-3 in at least %f of the draws", (noise, count, share) => {
    const chosen = judged(count, noise).map(({ learningRate }) => learningRate ?? 0);
    const within = chosen.filter((rate) => rate >= 2.5e-4 && rate <= 4e-3);
    expect(within.length / draws).toBeGreaterThanOrEqual(share);
    expect(chosen.filter((rate) => rate > 0 && rate < 1e-4).length / draws).toBeLessThanOrEqual(0.02);
  });

  it("sees the loss run away above 0.1, and seldom before", () => {
    const found = judged(60, 0.08).map(({ divergence }) => divergence!);
    expect(found.every((rate) => rate !== null && rate < 1)).toBe(true);
    expect(found.filter((rate) => rate < 0.1).length / draws).toBeLessThanOrEqual(0.02);
  });

  it("chooses none where the loss only wavers, but for a few draws in a hundred", () => {
    for (const noise of [0.04, 0.125]) {
      const chosen = judged(60, noise, () => 2.4).filter(({ learningRate }) => learningRate !== null);
      expect(chosen.length / draws).toBeLessThanOrEqual(0.03);
    }
  });

  it("is judged alike whether the test ended where the loss ran away or went on", () => {
    for (let seed = 0; seed < 20; seed++) {
      const whole = noisy(60, 0.08, seed);
      const end = runawayOf(whole, 60);
      expect(end).toBeLessThan(60);
      // On the way no earlier loss seemed to have run away.
      for (let i = 1; i <= end; i++) expect(runawayOf(whole.slice(0, i), 60)).toBe(i);
      const [ended, went] = [whole.slice(0, end + 1), whole].map((losses) => judgeRates(ratesOf(60), losses, seed));
      expect(ended).toEqual({ ...went!, points: went!.points.slice(0, end + 1) });
    }
  });

  it("counts a loss that never fell as run away above twice its level", () => {
    const never = (rate: number): number => 2.4 + Math.max(0, rate / 0.1 - 1) ** 2;
    const { learningRate, divergence } = judgeRates(ratesOf(60), noisy(60, 0.04, 1, never), 1);
    expect(learningRate).toBeNull();
    expect(divergence).toBeGreaterThan(0.2);
    expect(divergence).toBeLessThan(0.6);
  });
});
