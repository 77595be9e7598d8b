import { describe, expect, it } from "vitest";
import { Band } from "./band.js";
import { atTemperature, byteOf, confidence, entropy, margin } from "./confidence.js";

/** Three pixels: certain, two classes alike, all three alike. */
const planes = Float32Array.of(1, 0.5, 1 / 3, 0, 0.5, 1 / 3, 0, 0, 1 / 3);

describe("measures of a pixel", () => {
  it("confidence is the largest probability", () => {
    expect(confidence(planes, 3)).toBeAllclose([1, 0.5, 1 / 3], { atol: 1e-7 });
  });

  it("entropy is 0 for one class, 1 for all alike, ln 2 / ln 3 for two of three", () => {
    expect(entropy(planes, 3)).toBeAllclose([0, Math.log(2) / Math.log(3), 1], { atol: 1e-6 });
  });

  it("margin is 1 minus the gap of the best two", () => {
    expect(margin(planes, 3)).toBeAllclose([0, 1, 1], { atol: 1e-6 });
    expect(margin(Float32Array.of(0.2, 0.7, 0.1), 3)).toBeAllclose([0.5], { atol: 1e-6 });
  });

  it("a share is a byte, rounded", () => {
    expect([0, 0.5, 1, 1.0000001].map(byteOf)).toEqual([0, 128, 255, 255]);
  });
});

describe("atTemperature", () => {
  it("is softmax(logits / T)", () => {
    // At T = 2 square roots: 0.8 to 0.2 becomes 2 to 1.
    expect(atTemperature(Float32Array.of(0.8, 0.2), 2, 2)).toBeAllclose([2 / 3, 1 / 3], { atol: 1e-6 });
    // At T = 1/2 squares: 0.75 to 0.25 becomes 9 to 1.
    expect(atTemperature(Float32Array.of(0.75, 0.25), 2, 0.5)).toBeAllclose([0.9, 0.1], { atol: 1e-6 });
  });

  it("leaves certainty, and what is alike, as it is", () => {
    expect(atTemperature(planes, 3, 1.7)).toBeAllclose(planes, { atol: 1e-7 });
    expect(atTemperature(planes, 3, 1)).toBe(planes);
  });
});

describe("a band of views", () => {
  it("says how much they disagree: all of it where each is certain of another class, nothing where they are one", () => {
    // Pixel 0: the mean of two certain views of other classes. Pixel 1: two views that both say 1/2, whose mean entropy is 1.
    const band = new Band(Float32Array.of(0.5, 0.5, 0.5, 0.5, 0, 1), 2, 1.5, 0, true);
    expect(band.pixels).toBe(2);
    expect(band.disagreement).toBeAllclose([1, 0], { atol: 1e-6 });
    expect(band.raw.length).toBe(4);
  });
});
