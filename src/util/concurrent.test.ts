/** @file mapConcurrent: order, bound, and what happens after an error. */
import { expect, it } from "vitest";
import { mapConcurrent } from "./concurrent.js";

const tick = () => new Promise((resolve) => setImmediate(resolve));

it("mapConcurrent keeps order and never has more calls under way than the limit", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  const work = async (n: number) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < n % 4; i++) await tick();
    running--;
    return n * n;
  };
  const items = Array.from({ length: 20 }, (_, i) => i);
  expect(await mapConcurrent(items, 3, work, (done) => seen.push(done))).toEqual(items.map((n) => n * n));
  expect(most).toBe(3);
  expect(seen).toEqual(items.map((n) => n + 1));
});

it("mapConcurrent throws the first error and starts nothing after it", async () => {
  const started: number[] = [];
  const work = async (n: number) => {
    started.push(n);
    await tick();
    if (n === 1) throw new Error("no");
  };
  await expect(mapConcurrent([0, 1, 2, 3, 4, 5, 6], 2, work)).rejects.toThrow("no");
  expect(started.length).toBeLessThan(5);
});

it("mapConcurrent of nothing is nothing", async () => {
  expect(await mapConcurrent([], 4, async () => 1)).toEqual([]);
});
