import { describe, expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { chooseLength, warmupSteps } from "./choices.js";
import { clockOf, endedBy } from "./clock.js";
import { startOfRun } from "./progress.js";

describe("a run that is the beginning of a schedule", () => {
  it("of steps ends at its own length on the schedule of the whole", () => {
    const { clock, steps } = clockOf({ unit: "steps", count: 300, of: 1000 }, 50);
    expect(steps).toBe(1000);
    expect(clock.fraction({ ...startOfRun, step: 150 })).toBe(0.5);
    expect(clock.fraction({ ...startOfRun, step: 300 })).toBe(1);
    expect(clock.position({ ...startOfRun, step: 150 })).toBe(150);
  });

  it("of epochs counts both in updates", () => {
    expect(clockOf({ unit: "epochs", count: 2.5, of: 10 }, 11).steps).toBe(110);
    expect(clockOf({ unit: "epochs", count: 2.5 }, 11).steps).toBe(28);
  });

  it("of minutes is where the whole would be by the time", () => {
    const { clock } = clockOf({ unit: "minutes", count: 2, of: 8 }, 11);
    const minute = { ...startOfRun, seconds: 60 };
    expect(clock.fraction(minute)).toBe(0.5);
    // An eighth of the 10 000 places of a timed schedule.
    expect(clock.position(minute)).toBe(1250);
  });

  it("is planned by a horizon, with the warm-up of the whole, and refused where that is nearer than the end", () => {
    const { value } = chooseLength({ steps: 300, horizon: 1000 });
    expect(value).toEqual({ unit: "steps", count: 300, of: 1000 });
    expect(warmupSteps(value, 50)).toBe(30);
    expect(() => chooseLength({ steps: 300, horizon: 200 })).toThrow(UsageError);
    expect(chooseLength({})).toEqual({
      value: { unit: "epochs", count: 60 },
      reason: "enough for a few hundred images",
    });
  });
});

it("a clock that is told to end does so at the same place of its schedule", () => {
  let isOver = false;
  const clock = endedBy(clockOf({ unit: "steps", count: 300 }, 50).clock, () => isOver);
  const place = { ...startOfRun, step: 150 };
  expect(clock.fraction(place)).toBe(0.5);
  isOver = true;
  expect([clock.fraction(place), clock.position(place), clock.byTime]).toEqual([1, 150, false]);
});
