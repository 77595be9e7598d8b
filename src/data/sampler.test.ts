import { describe, expect, test } from "vitest";
import { batchesPerEpoch, epochOrder, replacements, type SamplerOptions } from "./sampler.js";

const options: SamplerOptions = { count: 10, batchSize: 4, shuffle: true, seed: 1, dropLast: true };
const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);

describe("epochOrder", () => {
  test("visits every sample once, in another order every epoch and for every seed", () => {
    const orders = [epochOrder(options, 0), epochOrder(options, 1), epochOrder({ ...options, seed: 2 }, 0)];
    for (const order of orders) expect(sorted(order)).toEqual(all);
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  test("is the same when asked again, and does not depend on the batch size", () => {
    expect(epochOrder(options, 5)).toEqual(epochOrder({ ...options, batchSize: 3 }, 5));
  });

  test("without shuffling is the order of the data set", () => {
    expect(epochOrder({ ...options, shuffle: false }, 3)).toEqual(all);
  });
});

describe("epochOrder by weights", () => {
  // Expected in 10 draws: 5, 2.5, 1.25, 1.25 and never for the rest.
  const weights = [4, 2, 1, 1, 0, 0, 0, 0, 0, 0];
  const counts = (epoch: number, seed = 1): number[] => {
    const order = epochOrder({ ...options, seed, weights }, epoch);
    return all.map((i) => order.filter((drawn) => drawn === i).length);
  };

  test("draws each sample as often as expected, rounded up or down", () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      const [a, b, c, d, ...never] = counts(epoch);
      expect([a, a! + b! + c! + d!]).toEqual([5, 10]);
      expect([2, 3]).toContain(b);
      expect([1, 2]).toContain(c);
      expect([1, 2]).toContain(d);
      expect(never.every((n) => n === 0)).toBe(true);
    }
  });

  test("has the expected numbers on average over epochs", () => {
    const epochs = Array.from({ length: 400 }, (_, epoch) => counts(epoch));
    const means = [0, 1, 2, 3].map((i) => epochs.reduce((sum, epoch) => sum + epoch[i]!, 0) / 400);
    // The deviation of one draw is at most 1/2, that of the mean 1/40.
    expect(means).toBeAllclose([5, 2.5, 1.25, 1.25], { rtol: 0, atol: 0.1 });
  });

  test("is a pure function of seed and epoch, and another for others", () => {
    const order = (epoch: number, seed = 1) => epochOrder({ ...options, seed, weights }, epoch).join();
    expect(order(3)).toBe(order(3));
    expect(new Set([order(3), order(4), order(3, 2)]).size).toBe(3);
  });

  test("equal weights visit every sample once; without shuffling weights change nothing", () => {
    expect(sorted(epochOrder({ ...options, weights: all.map(() => 0.1) }, 0))).toEqual(all);
    expect(epochOrder({ ...options, shuffle: false, weights }, 0)).toEqual(all);
  });
});

test("batchesPerEpoch counts a last batch that is not full unless it is dropped", () => {
  expect(batchesPerEpoch(options)).toBe(2);
  expect(batchesPerEpoch({ ...options, dropLast: false })).toBe(3);
  expect(batchesPerEpoch({ ...options, count: 3 })).toBe(0);
});

test("replacements try every sample once, from a start of their own for each position", () => {
  const starts = Array.from({ length: 20 }, (_, position) => {
    const tried = [...replacements(options, 0, position)];
    expect(sorted(tried)).toEqual(all);
    return tried[0];
  });
  expect(new Set(starts).size).toBeGreaterThan(4);
});
