import { expect, it } from "vitest";
import type { Plan } from "../plan.js";
import { labelledPart, lengthOfTest } from "./rates.js";
import { rateReason } from "./reasons.js";

it("a range test has 40 to 100 steps: as many as take 45 s", () => {
  expect(lengthOfTest(10, 90_000)).toEqual({ steps: 100, cut: false });
  expect(lengthOfTest(900, 90_000)).toEqual({ steps: 50, cut: false });
  expect(lengthOfTest(1500, 90_000)).toEqual({ steps: 40, cut: false });
});

it("a range test is cut to what 85 % of the time left hold, and left out where that is less than 30 steps", () => {
  expect(lengthOfTest(1500, 60_000)).toEqual({ steps: 34, cut: true });
  expect(lengthOfTest(1000, 36_000)).toEqual({ steps: 30, cut: true });
  expect(lengthOfTest(1000, 35_000)).toEqual({ steps: 0, cut: true });
  expect(lengthOfTest(6000, 90_000).steps).toBe(0);
  expect(lengthOfTest(Number.NaN, 90_000).steps).toBe(0);
  expect(lengthOfTest(100, -5).steps).toBe(0);
});

it("labelled images are that part of a batch beside unlabelled ones in their views", () => {
  const batch = { value: 4, reason: "" };
  const plan = (method: object | null) => ({ batch, method: { value: method, reason: "" } }) as unknown as Plan;
  expect(labelledPart(plan(null))).toBe(1);
  // 4 weak and 4 strong ones beside 4.
  expect(labelledPart(plan({ batch: 4, strong: [[]] }))).toBeCloseTo(1 / 3, 12);
});

it("the reason of the rate says what was found, or why the usual one stays", () => {
  const facts = { length: { steps: 50, cut: false }, pace: 20, planning: "100 s" };
  const found = (learningRate: number | null, reason: string) => ({
    test: { version: 1, seed: 1, points: [], steepest: learningRate, divergence: null, learningRate, reason } as const,
    times: [],
  });
  expect(rateReason("usual", found(0.01, "fell fastest"), facts)).toBe("fell fastest");
  expect(rateReason("usual", found(null, "fell nowhere"), facts)).toBe("usual; fell nowhere");
  expect(rateReason("usual", found(0.01, "fell fastest"), { ...facts, length: { steps: 34, cut: true } })).toBe(
    "fell fastest; no more than 34 steps in the 100 s of planning",
  );
  expect(rateReason("usual", "memory", facts)).toBe("usual; no range test: memory ran out in it");
  expect(rateReason("usual", "time", facts)).toBe(
    "usual; no range test: it was not done when the 100 s of planning were over",
  );
  expect(rateReason("usual", undefined, { ...facts, pace: 6000 })).toBe(
    "usual; no range test: 30 steps of 6000 ms do not fit into what is left of the 100 s of planning",
  );
  expect(rateReason("usual", undefined, { ...facts, pace: Number.NaN })).toBe(
    "usual; no range test: no step could be tried in the 100 s of planning",
  );
});
