import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scheduleCases } from "../../parity/schedules.js";
import { shared } from "../../test/evaluate.js";
import { buildSchedule, plateau, type ScheduleName, type ScheduleOptions, scheduleSchema, schedules } from "./index.js";

const run = { learningRate: 0.5, steps: 100 };
/** The least that each must be told. */
const least: Record<ScheduleName, Record<string, unknown>> = {
  constant: {},
  poly: {},
  step: { every: 30 },
  multistep: { milestones: [60, 80] },
  exponential: { gamma: 0.97 },
  cosine: {},
  cosineRestarts: { period: 10, growth: 2 },
  oneCycle: {},
  cyclic: { minimum: 0.01, up: 7 },
};

const fixture = shared("parity/optim/schedules.json");
it.skipIf(!fixture.present)("all rates and momenta equal torch.optim.lr_scheduler within 1e-9", async () => {
  const cases = [];
  for await (const outcome of scheduleCases(JSON.parse(readFileSync(fixture.path, "utf8")))) cases.push(outcome);
  expect(cases.filter(({ passed }) => !passed)).toEqual([]);
  expect(cases).toHaveLength(18);
});

describe.each(Object.keys(schedules) as ScheduleName[])("schedule %s", (name) => {
  const options: ScheduleOptions = { name, ...least[name] };

  it("stays between 0 and the base rate over the run", () => {
    const { learningRate } = buildSchedule(options, run);
    for (let step = 0; step < run.steps; step++) {
      expect(learningRate(step)).toBeGreaterThanOrEqual(0);
      expect(learningRate(step)).toBeLessThanOrEqual(run.learningRate * (1 + 1e-12));
    }
  });

  it("behind a warm-up starts at its own first rate", () => {
    const plain = buildSchedule(options, { ...run, steps: 90 });
    const warmed = buildSchedule({ ...options, warmup: { steps: 10, from: 0.2 } }, run);
    expect(warmed.learningRate(0)).toBeCloseTo(0.1, 12);
    expect(warmed.learningRate(10)).toBe(plain.learningRate(0));
    expect(warmed.learningRate(99)).toBe(plain.learningRate(89));
  });

  it("is described by JSON that the schema of all schedules accepts", () => {
    expect(scheduleSchema.parse(JSON.parse(JSON.stringify(options)))).toMatchObject(options);
  });

  it("refuses options that it does not know", () => {
    expect(() => buildSchedule({ ...options, speed: 1 }, run)).toThrow(/schedule .* was given speed = 1/);
  });
});

it("poly fills the run when it states no length, and stays at its minimum after it", () => {
  const { learningRate } = buildSchedule({ name: "poly", power: 1, minimum: 0.1 }, run);
  expect(learningRate(50)).toBeCloseTo(0.3, 12);
  expect(learningRate(100)).toBeCloseTo(0.1, 12);
  expect(learningRate(500)).toBeCloseTo(0.1, 12);
});

it("an unknown schedule is named with the nearest known one", () => {
  expect(() => buildSchedule({ name: "pol" as ScheduleName }, run)).toThrow(/schedule pol; .* Did you mean poly\?/);
});

it("a plateau of larger scores keeps the rate while they rise, and cuts it after more than `patience` that do not", () => {
  const rateAfter = plateau({ factor: 0.5, patience: 1 }, 1);
  expect(rateAfter([])).toBe(1);
  expect(rateAfter([0.1, 0.2, 0.3])).toBe(1);
  expect(rateAfter([0.3, 0.3, 0.2])).toBe(0.5);
  expect(rateAfter([0.3, 0.3, 0.2, 0.4])).toBe(0.5);
  expect(rateAfter([0.3, 0.3, 0.2, 0.2, 0.2])).toBe(0.25);
});
