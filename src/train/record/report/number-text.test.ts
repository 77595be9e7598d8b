/** @file Numbers as people read them. */
import { expect, it } from "vitest";
import { countText, percentText, valueText } from "./number-text.js";

it("writes counts with commas, shares in percent, undefined ones as a dash", () => {
  expect(countText(1234567)).toBe("1,234,567");
  expect([0, 0.63249, 1, null, Number.NaN].map(percentText)).toEqual(["0.0", "63.2", "100.0", "–", "–"]);
});

it("writes values with four digits, very small and large ones in scientific notation", () => {
  expect([0, 1200, 0.123456, -2.5, 0.00025, 1e-8, 2.5e7].map(valueText)).toEqual([
    "0",
    "1,200",
    "0.1235",
    "-2.5",
    "2.5e-4",
    "1e-8",
    "2.5e7",
  ]);
});
