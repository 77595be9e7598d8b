/** @file What the demo prints: both scores side by side. */
import { expect, it } from "vitest";
import { ConfusionMatrix } from "../metrics/index.js";
import { comparison } from "./show.js";
import { bar, percent } from "./terminal.js";

it("comparison lists IoU in percent by class, their mean, and the gain", () => {
  // Colour alone: IoU 1/3 and 1/2; network: 1 and 1.
  const byColour = new ConfusionMatrix(2).add([0, 1, 1, 1, 0], [0, 0, 1, 1, 1]);
  const network = new ConfusionMatrix(2).add([0, 1, 1, 1, 0], [0, 1, 1, 1, 0]);
  expect(comparison(["land", "sea"], byColour, network)).toBe(
    [
      "  IoU, %  colour alone  network  gain",
      "  land            33.3    100.0  66.7",
      "  sea             50.0    100.0  50.0",
      "  mean            41.7    100.0  58.3",
    ].join("\n"),
  );
});

it("percent shows one decimal, and a dash where there is no score", () => {
  expect([percent(0.234), percent(1), percent(Number.NaN)]).toEqual(["23.4", "100.0", "-"]);
});

it("bar fills with the fraction and never overflows", () => {
  expect([bar(0, 4), bar(0.5, 4), bar(1.2, 4)]).toEqual(["░░░░", "██░░", "████"]);
});
