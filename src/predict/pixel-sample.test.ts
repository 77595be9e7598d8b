import { describe, expect, it } from "vitest";
import { PixelSample } from "./pixel-sample.js";

/** Two classes; pixel i of n has p = (i + 1) / (n + 1). */
function image(pixels: number): Float32Array {
  const p = Float32Array.from({ length: pixels }, (_, i) => (i + 1) / (pixels + 1));
  return Float32Array.from([...p, ...p.map((value) => 1 - value)]);
}

const labels = (pixels: number, label: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length: pixels }, (_, i) => label(i));

describe("PixelSample", () => {
  it("keeps all pixels it has room for as log-probabilities, without void and values that are no class", () => {
    const sample = new PixelSample(2, 1);
    sample.add("a", Float32Array.of(0.9, 0.6, 0.2, 0, 0.1, 0.4, 0.8, 1), [7, 0, 255, 1, 2], 1);
    const { logits, labels: kept } = sample.result();
    const rows = Array.from(kept, (label, i) => [label, ...logits.subarray(2 * i, 2 * i + 2)]);
    expect(rows.sort((x, y) => x[0]! - y[0]!)).toEqual([
      [0, expect.closeTo(Math.log(0.9), 6), expect.closeTo(Math.log(0.1), 6)],
      [1, expect.closeTo(Math.log(0.2), 6), expect.closeTo(Math.log(0.8), 6)],
    ]);
    const zero = new PixelSample(2, 1);
    zero.add("a", Float32Array.of(0, 1), [1], 0);
    expect(zero.result().logits[0]).toBeCloseTo(-149 * Math.LN2, 4);
  });

  it("stays within its limit, whatever comes, and keeps at least half of it", () => {
    const sample = new PixelSample(2, 1, 100);
    for (const name of ["a", "b", "c"])
      sample.add(
        name,
        image(1000),
        labels(1000, () => 0),
        0,
      );
    const { labels: kept } = sample.result();
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept.length).toBeGreaterThan(30);
  });

  it("does not depend on the order of images and of their parts", () => {
    const [one, other] = [new PixelSample(2, 5, 64), new PixelSample(2, 5, 64)];
    const truth = labels(300, (i) => i % 2);
    one.add("a", image(300), truth, 0);
    one.add("b", image(200), truth, 0);
    other.add("b", image(200), truth, 0);
    const whole = image(300);
    other.add("a", Float32Array.from([...whole.subarray(100, 300), ...whole.subarray(400, 600)]), truth, 100);
    other.add("a", Float32Array.from([...whole.subarray(0, 100), ...whole.subarray(300, 400)]), truth, 0);
    expect(other.result()).toEqual(one.result());
    const third = new PixelSample(2, 6, 64);
    third.add("a", image(300), truth, 0);
    third.add("b", image(200), truth, 0);
    expect(third.result()).not.toEqual(one.result());
  });

  it("draws every part of an image alike", () => {
    const sample = new PixelSample(2, 3, 4000);
    const truth = labels(40_000, (i) => (i < 10_000 ? 1 : 0));
    sample.add("a", image(40_000), truth, 0);
    const { labels: kept } = sample.result();
    const share = Array.from(kept).filter((label) => label === 1).length / kept.length;
    // A quarter, within four standard deviations of about 2500 draws.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.035);
  });
});
