import { expect, it } from "vitest";
import { temperatureText } from "./temperature-text.js";

it.each([
  ["temperature 1.268", { temperature: 1.2684 }],
  ["not calibrated", { temperature: null }],
  ["each model at its own temperature (1.200, 0.900, none)", { temperature: null, temperatures: [1.2, 0.9, null] }],
])("%s", (text, model) => {
  expect(temperatureText(model)).toBe(text);
});
