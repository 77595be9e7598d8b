import { describe, expect, it } from "vitest";
import { ahead } from "./ahead.js";

describe("ahead", () => {
  it("keeps the order and starts no more than asked for ahead of the consumer", async () => {
    let started = 0;
    const work = async (n: number): Promise<number> => {
      started++;
      // Later items end sooner.
      await new Promise((resolve) => setTimeout(resolve, 8 - n));
      return n * n;
    };
    const results: number[] = [];
    for await (const { item, result } of ahead([1, 2, 3, 4, 5], 2, work)) {
      results.push(result);
      expect(started).toBeLessThanOrEqual(item + 2);
    }
    expect(results).toEqual([1, 4, 9, 16, 25]);
  });

  it("throws an error in its place, after the results before it", async () => {
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const { result } of ahead([1, 2, 3], 2, async (n) => {
        if (n > 1) throw new Error(`no ${n}`);
        return n;
      }))
        seen.push(result);
    };
    await expect(run()).rejects.toThrow("no 2");
    expect(seen).toEqual([1]);
  });
});
