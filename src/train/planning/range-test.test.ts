import { describe, expect, it } from "vitest";
import { judgeRates, rateFactor, smooth } from "./range-test.js";

const steps = 61;
const rates = Array.from({ length: steps }, (_, i) => 1e-6 * rateFactor(steps) ** i);

/** A loss that falls from 2 to 1 around a rate, and rises without end behind another. */
const losses = (fall: number, rise: number): number[] =>
  rates.map((rate) => {
    const x = Math.log10(rate / fall);
    return 2 - 1 / (1 + Math.exp(-4 * x)) + Math.max(0, rate / rise - 1) ** 2;
  });

describe("smooth", () => {
  it("weighs the latest most, without a pull towards 0 at the start", () => {
    expect(smooth([4])).toEqual([4]);
    // (0.85 * 0.15 * 4 + 0.15 * 8) / (1 - 0.85^2) = 1.71 / 0.2775
    expect(smooth([4, 8])[1]).toBeCloseTo(1.71 / 0.2775, 12);
    expect(smooth([3, 3, 3])).toBeAllclose([3, 3, 3], { rtol: 1e-12, atol: 0 });
  });
});

describe("judgeRates", () => {
  it("goes from one millionth to 1 in equal steps of the logarithm", () => {
    expect(rates[0]).toBe(1e-6);
    expect(rates[60]).toBeCloseTo(1, 9);
    expect(rates[10]).toBeCloseTo(1e-5, 12);
  });
  it("takes the rate where the loss falls fastest, a little behind it for the smoothing", () => {
    const { learningRate, steepest, divergence, points, reason } = judgeRates(rates, losses(1e-3, 0.3), 1);
    expect(steepest).toBeGreaterThan(1e-3);
    expect(steepest).toBeLessThan(1e-2);
    expect(learningRate).toBe(Number(steepest!.toPrecision(2)));
    expect(divergence).toBeGreaterThan(0.3);
    expect(points).toHaveLength(steps);
    expect(reason).toContain("fell fastest");
  });
  it("takes a tenth of the rate where the loss runs away, if that is less", () => {
    const { learningRate, divergence } = judgeRates(rates, losses(1e-2, 2e-2), 1);
    expect(divergence).toBeGreaterThan(2e-2);
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
