import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../util/random.js";
import { type BatchMix, type MixedBatch, mixBatch, mixKinds } from "./batch-mix.js";

const ignoreIndex = 255;

/** Images whose every value, label and weight says where it is from: image n, pixel i. */
function batchOf(
  size: number,
  height: number,
  width: number,
  channels: number,
  classOf: (n: number, i: number) => number,
) {
  const plane = height * width;
  const each = <T>(planes: number, value: (n: number, i: number) => T): T[] =>
    Array.from({ length: size * planes * plane }, (_, k) => value(Math.floor(k / (planes * plane)), k % plane));
  return {
    ...{ size, channels, height, width },
    images: Float32Array.from(each(channels, (n, i) => 1000 * n + i)),
    masks: Int32Array.from(each(1, classOf)),
    pixelWeights: Float32Array.from(each(1, (n, i) => 1000 * n + i)),
  };
}

const mixed = (batch: MixedBatch, mix: BatchMix, seed: number, pseudo: (n: number) => boolean = () => false) =>
  mixBatch(batch, mix, { random: new Random(seed), pseudo, ignoreIndex });

const sizes = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 12 }),
  width: fc.integer({ min: 1, max: 12 }),
  channels: fc.integer({ min: 1, max: 5 }),
  kind: fc.constantFrom(...mixKinds),
  into: fc.constantFrom("all" as const, "pseudo" as const),
  seed: fc.nat(),
});

describe("mixing a batch", () => {
  it("leaves every pixel with its own label and weight, from the image itself or the next one, at its place", () => {
    fc.assert(
      fc.property(sizes, ({ size, height, width, channels, kind, into, seed }) => {
        const classOf = (n: number, i: number) => (i % 5 === 4 ? ignoreIndex : (n + i) % 3);
        const batch = batchOf(size, height, width, channels, classOf);
        mixed(batch, { kind, into }, seed, (n) => n % 2 === 1);
        const plane = height * width;
        const wrong = [...batch.masks.entries()].filter(([k, label]) => {
          const [n, i, mark] = [Math.floor(k / plane), k % plane, batch.pixelWeights[k]!];
          const from = Math.floor(mark / 1000);
          const allowed = from === n || (from === (n + 1) % size && (into === "all" || n % 2 === 1));
          const whole = Array.from({ length: channels }, (_, c) => batch.images[(n * channels + c) * plane + i]);
          return !allowed || mark % 1000 !== i || label !== classOf(from, i) || whole.some((value) => value !== mark);
        });
        expect(wrong).toEqual([]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("cutmix takes a quarter to a half of the pixels, less where boxes overlap", () => {
    const batch = batchOf(200, 30, 30, 1, () => 0);
    mixed(batch, { kind: "cutmix", into: "all" }, 3);
    const share =
      batch.pixelWeights.filter((from, k) => Math.floor(from / 1000) !== Math.floor(k / 900)).length / 180_000;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.45);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
  ])("classmix takes from an image of %i classes %i of them whole, and nothing without a label", (present, half) => {
    const batch = batchOf(2, 4, 6, 2, (n, i) => (n === 0 ? 9 : i % 6 === 5 ? ignoreIndex : i % present));
    mixed(batch, { kind: "classmix", into: "pseudo" }, 5, (n) => n === 0);
    const pasted = new Set(batch.masks.subarray(0, 24));
    pasted.delete(9);
    expect(pasted.size).toBe(half);
    expect(pasted.has(ignoreIndex)).toBe(false);
    for (let i = 0; i < 24; i++) expect(batch.masks[i] !== 9).toBe(i % 6 !== 5 && pasted.has(i % present));
  });

  it("is the same for the same stream and another for another", () => {
    const run = (seed: number) => {
      const batch = batchOf(3, 16, 16, 1, (n, i) => (n + i) % 4);
      mixed(batch, { kind: "cutmix", into: "all" }, seed);
      return batch.pixelWeights;
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });
});
