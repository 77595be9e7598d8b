import { describe, expect, it } from "vitest";
import { resnetPlans } from "../../nn/residual.js";
import { checkGridding } from "./gridding.js";
import { hybridDilations } from "./model.js";

describe("dilations without gridding", () => {
  it.each([
    // M_3 = 5, M_2 = max(5 - 4, 4 - 5, 2).
    [[1, 2, 5], 2],
    // M_4 = 9, M_3 = max(9 - 10, 10 - 9, 5) = 5, M_2 = max(5 - 4, 4 - 5, 2).
    [[1, 2, 5, 9], 2],
    [[1, 1, 1], 1],
    // The order counts in the rule: M_3 = 1, M_2 = max(1 - 4, 4 - 1, 2).
    [[5, 2, 1], 3],
  ])("%j leave distances of %i, and read their whole receptive field", (rates, distance) => {
    const verdict = checkGridding(rates);
    expect(verdict).toMatchObject({ passes: true, distance, read: verdict.span });
    expect(verdict.span).toBe(1 + 2 * rates.reduce((a, b) => a + b));
  });

  it("are those of the whole DUC-HDC networks, whose last stage 5,9,17 follows 1,2,5,9", () => {
    for (const { layers } of [resnetPlans.resnet50, resnetPlans.resnet101, resnetPlans.resnet152]) {
      const rates = (["layer3", "layer4"] as const).flatMap((path, i) =>
        Array.from(
          { length: layers[i + 2]! },
          (_, block) => hybridDilations[path][block % hybridDilations[path].length]!,
        ),
      );
      const verdict = checkGridding(rates);
      expect(verdict).toMatchObject({ passes: true, read: verdict.span });
    }
  });
});

describe("dilations with gridding", () => {
  it.each([
    [[2, 2, 2], "multiples of 2", 7, 13],
    [[2, 4, 8], "multiples of 2", 15, 29],
    // M_3 = 9, M_2 = max(9 - 4, 4 - 9, 2) = 5: the paper's own example of a bad choice.
    [[1, 2, 9], "5 apart, more than", 21, 25],
    // By itself: M_3 = 17, M_2 = max(17 - 18, 18 - 17, 9) = 9; 3^3 elements are read at most.
    [[5, 9, 17], "9 apart, more than", 27, 63],
    [[4], "multiples of 4", 3, 9],
  ])("%j: %s", (rates, reason, read, span) => {
    const verdict = checkGridding(rates);
    expect(verdict).toMatchObject({ passes: false, read, span });
    expect(verdict.reason).toContain(reason);
  });
});

it("a larger kernel fills larger distances", () => {
  expect(checkGridding([1, 2, 9]).passes).toBe(false);
  expect(checkGridding([1, 2, 9], 5)).toMatchObject({ passes: true, distance: 5, read: 49, span: 49 });
});

it("refuses what is no stack of convolutions", () => {
  expect(() => checkGridding([])).toThrow("dilations of 1 or more");
  expect(() => checkGridding([1, 0])).toThrow("dilations of 1 or more");
  expect(() => checkGridding([1, 2], 1)).toThrow("a kernel of side 2 or more");
});
