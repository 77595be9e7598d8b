import { describe, expect, it } from "vitest";
import { DataError, ShapeError, UsageError } from "../errors/index.js";
import { CoverageTally } from "./coverage.js";
import { CalibrationTally, ReliabilityBins } from "./reliability.js";
import { calibrationOf, fitTemperature, temperatureRange } from "./temperature.js";

/** Two classes; four pixels with probabilities [0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.6, 0.4] as planes [2, 4]. */
const planes = Float64Array.of(0.9, 0.6, 0.2, 0.6, 0.1, 0.4, 0.8, 0.4);
const truth = [0, 1, 1, 0];

describe("CalibrationTally", () => {
  it("gives the numbers worked out by hand", () => {
    const tally = new CalibrationTally(2, { bins: 2 });
    tally.add(planes, truth);
    const scores = tally.result();
    // Confidences 0.9, 0.6, 0.8, 0.6 all lie in (0.5, 1]; right are three of four.
    expect(scores.pixels).toBe(4);
    expect(scores.accuracy).toBe(0.75);
    expect(scores.meanConfidence).toBeCloseTo(2.9 / 4, 12);
    expect(scores.ece).toBeCloseTo(Math.abs(2.9 / 4 - 3 / 4), 12);
    expect(scores.nll).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.8) + Math.log(0.6)) / 4, 12);
    // Twice the square of what is missing at the true class: 0.1, 0.6, 0.2, 0.4.
    expect(scores.brier).toBeCloseTo((2 * (0.01 + 0.36 + 0.04 + 0.16)) / 4, 12);
    // Class 0: (0, 0.5] holds 0.2 with no hit; (0.5, 1] holds 0.9, 0.6, 0.6 with two hits. Class 1 mirrors it.
    expect(scores.classwiseEce).toBeCloseTo((0.2 + Math.abs(2.1 - 2)) / 4, 12);
    expect(scores.bins).toEqual([
      { count: 0, confidence: Number.NaN, accuracy: Number.NaN },
      { count: 4, confidence: expect.closeTo(2.9 / 4, 12), accuracy: 0.75 },
    ]);
  });

  it("leaves out ignored pixels and values that are no class", () => {
    const tally = new CalibrationTally(2, { ignoreIndex: 255 });
    tally.add(planes, [0, 255, 7, 255]);
    expect(tally.result()).toMatchObject({ pixels: 1, accuracy: 1, meanConfidence: 0.9 });
  });

  it("counts parts of an image, and tallies merged, as the whole", () => {
    const whole = new CalibrationTally(2, { bins: 5 });
    whole.add(planes, truth);
    const [first, second] = [new CalibrationTally(2, { bins: 5 }), new CalibrationTally(2, { bins: 5 })];
    first.add(Float64Array.of(0.9, 0.6, 0.1, 0.4), truth);
    second.add(Float64Array.of(0.2, 0.6, 0.8, 0.4), truth, 2);
    first.merge(second);
    expect(first.result()).toEqual(whole.result());
  });

  it("takes the logarithm of a true class that underflowed as of the least float32", () => {
    const tally = new CalibrationTally(2);
    tally.add(Float32Array.of(0, 1), [0]);
    expect(tally.result().nll).toBeCloseTo(149 * Math.LN2, 10);
  });
});

describe("ReliabilityBins", () => {
  it("closes bins at their upper end", () => {
    const bins = new ReliabilityBins(4);
    for (const confidence of [0, 0.25, 0.26, 0.5, 1]) bins.add(confidence, false);
    expect(bins.list().map(({ count }) => count)).toEqual([2, 2, 0, 1]);
    expect(bins.maximumError).toBe(1);
  });

  it("refuses to have no bin", () => {
    expect(() => new ReliabilityBins(0)).toThrow(UsageError);
  });
});

describe("fitTemperature", () => {
  it("finds the optimum that is known in closed form", () => {
    // Logits (2, 0), three of four labels right: the best fit says 3/4, so 2/T = ln 3.
    const logits = Float64Array.of(2, 0, 2, 0, 2, 0, 2, 0);
    const sample = { logits, labels: [0, 0, 0, 1], numClasses: 2 };
    const temperature = fitTemperature(sample);
    expect(temperature).toBeCloseTo(2 / Math.log(3), 12);
    const after = calibrationOf(sample, { temperature });
    expect(after.ece).toBeCloseTo(0, 12);
    expect(after.accuracy).toBe(calibrationOf(sample).accuracy);
    expect(after.nll).toBeLessThan(calibrationOf(sample).nll);
  });

  it("takes log-probabilities for logits", () => {
    const p = 1 / (1 + Math.exp(-2));
    const logits = Float64Array.from([0, 1, 2, 3].flatMap(() => [Math.log(p), Math.log(1 - p)]));
    expect(fitTemperature({ logits, labels: [0, 0, 0, 1], numClasses: 2 })).toBeCloseTo(2 / Math.log(3), 10);
  });

  it("stays in its range where the optimum is certainty or noise", () => {
    const logits = Float64Array.of(2, 0, 0, 2);
    expect(fitTemperature({ logits, labels: [0, 1], numClasses: 2 })).toBe(temperatureRange[0]);
    expect(fitTemperature({ logits, labels: [1, 0], numClasses: 2 })).toBe(temperatureRange[1]);
  });

  it("refuses a sample of void alone, and labels without logits", () => {
    const sample = { logits: Float64Array.of(1, 0), labels: [255], numClasses: 2 };
    expect(() => fitTemperature(sample, 255)).toThrow(DataError);
    expect(() => fitTemperature({ ...sample, labels: [0, 1] })).toThrow(ShapeError);
  });
});

it("bins of equal mass are split with the first ones longer", () => {
  // Confidences sigmoid(z), sorted 0.6, 0.7, 0.8; two bins hold {0.6, 0.7} and {0.8}.
  const logits = Float64Array.from([0.8, 0.6, 0.7].flatMap((p) => [Math.log(p), Math.log(1 - p)]));
  const { eceEqualMass } = calibrationOf({ logits, labels: [0, 1, 0], numClasses: 2 }, { bins: 2 });
  expect(eceEqualMass).toBeCloseTo((Math.abs(0.6 + 0.7 - 1) + Math.abs(0.8 - 1)) / 3, 12);
});

it("CoverageTally says what is left at each threshold", () => {
  const tally = new CoverageTally([0.5, 0, 0.8]);
  const other = new CoverageTally([0, 0.5, 0.8]);
  tally.add(0.4, false);
  tally.add(0.5, true);
  other.add(0.79, false);
  other.add(0.8, true);
  tally.merge(other);
  expect(tally.points()).toEqual([
    { threshold: 0, coverage: 1, accuracy: 0.5 },
    { threshold: 0.5, coverage: 0.75, accuracy: 2 / 3 },
    { threshold: 0.8, coverage: 0.25, accuracy: 1 },
  ]);
});
