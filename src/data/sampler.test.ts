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
