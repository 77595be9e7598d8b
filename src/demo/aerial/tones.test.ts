/** @file Tones are shared by the classes, so that a colour does not give a class away. */
import { expect, it } from "vitest";
import { Random } from "../../util/random.js";
import { classNames, pickTone, shadeOf, wardrobe } from "./tones.js";

it("every tone is worn by at least three classes", () => {
  const wearers = new Map<string, number>();
  for (const name of classNames)
    for (const tone of Object.keys(wardrobe[name])) wearers.set(tone, (wearers.get(tone) ?? 0) + 1);
  expect(wearers.size).toBe(11);
  for (const [tone, count] of wearers) expect(count, tone).toBeGreaterThanOrEqual(3);
});

it("pickTone follows the weights", () => {
  const random = new Random(1, "tones");
  const draws = 6000;
  let moss = 0;
  for (let i = 0; i < draws; i++) if (pickTone(random, "tree", ["moss", "olive"]) === "moss") moss++;
  // Weights 6 and 3: two thirds, with a standard deviation of sqrt(2/9 / 6000) = 0.006.
  expect(wardrobe.tree).toMatchObject({ moss: 6, olive: 3 });
  expect(Math.abs(moss / draws - 2 / 3)).toBeLessThan(0.03);
});

it("shadeOf stays near its tone", () => {
  const random = new Random(1, "shades");
  for (let i = 0; i < 200; i++) {
    const [red] = shadeOf(random, "ash", 0.15);
    // Light and channel each within 15 % and 5 % of 138.
    expect(red).toBeGreaterThan(138 * 0.85 * 0.95);
    expect(red).toBeLessThan(138 * 1.15 * 1.05);
  }
});
