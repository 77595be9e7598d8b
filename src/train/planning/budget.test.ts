import { expect, it } from "vitest";
import { Budget, budgetFor } from "./budget.js";

it("the time runs out by the clock, whole or by shares", () => {
  let clock = 5000;
  const budget = new Budget(60_000, () => clock);
  clock += 20_000;
  expect([budget.left, budget.leftOf(0.5), budget.leftOf(0.25)]).toEqual([40_000, 10_000, -5000]);
  expect(budget.text).toBe("60 s");
});

it("planning has 100 s, of a run by minutes no more than a tenth of these, but 20 s at least", () => {
  const secondsOf = (request: Parameters<typeof budgetFor>[0]): number => budgetFor(request).milliseconds / 1000;
  expect(secondsOf({})).toBe(100);
  expect(secondsOf({ epochs: 1 })).toBe(100);
  expect([60, 10, 5, 1].map((minutes) => secondsOf({ minutes }))).toEqual([100, 60, 30, 20]);
  // The first round of several: what is found holds for all.
  expect(secondsOf({ minutes: 2, horizon: 8 })).toBe(48);
});
