/** @file Axes: where their ticks stand and values fall. */
import { describe, expect, it } from "vitest";
import { linearAxis, linearTicks, logAxis } from "./axis.js";

const values = (ticks: readonly { value: number }[]): number[] => ticks.map(({ value }) => value);

describe("axis", () => {
  it("has ticks at round numbers, exact in decimals", () => {
    expect(values(linearTicks(0, 0.5, 5))).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(values(linearTicks(3, 42, 5))).toEqual([10, 20, 30, 40]);
    expect(values(linearTicks(-1, 1, 4))).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(linearTicks(0, 6000, 3).map(({ text }) => text)).toEqual(["0", "2,000", "4,000", "6,000"]);
  });

  it("begins at 0 when the values come near it, and ends at ticks", () => {
    const axis = linearAxis([0.3, 2.4], 5);
    expect(values(axis.ticks)).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
    expect([axis.place(0), axis.place(1.25), axis.place(2.5)]).toEqual([0, 0.5, 1]);
    expect(values(linearAxis([0.8, 0.9], 5).ticks)).toEqual([0.8, 0.82, 0.84, 0.86, 0.88, 0.9]);
  });

  it("ends at the outermost values when tight", () => {
    const axis = linearAxis([1000, 5500], 5, { tight: true });
    expect([axis.place(1000), axis.place(5500)]).toEqual([0, 1]);
    expect(linearAxis([1, 5500], 5, { tight: true }).place(0)).toBe(0);
  });

  it("has a width even for one value or none", () => {
    expect(linearAxis([7], 5).place(7)).toBeGreaterThan(0);
    expect(linearAxis([0], 5).place(0)).toBe(0.5);
    expect(linearAxis([], 5).place(1)).toBe(1);
  });

  it("in logarithms has ticks at powers of ten and no place for 0", () => {
    const axis = logAxis([0.02, 3, 0]);
    expect(axis.ticks.map(({ text }) => text)).toEqual(["0.01", "0.1", "1", "10"]);
    expect([axis.place(0.01), axis.place(10)]).toEqual([0, 1]);
    expect(axis.place(0)).toBeNaN();
    expect(logAxis([1e-5, 1e-5]).ticks.map(({ text }) => text)).toEqual(["1e-5", "1e-4"]);
  });
});
