import { expect, it } from "vitest";
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { parseOptions } from "./parse-options.js";

const schema = z.strictObject({
  smooth: z.number().min(0).default(0),
  reduction: z.enum(["mean", "sum"]).default("mean"),
  every: z.int(),
});

it("fills in defaults", () => {
  expect(parseOptions(schema, { every: 2 }, "loss x")).toEqual({ smooth: 0, reduction: "mean", every: 2 });
});

it("names every wrong option with its value and what was expected", () => {
  const parse = () => parseOptions(schema, { smooth: -1, reduction: "max", every: 1 }, "loss x");
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(
    'loss x was given smooth = -1, reduction = "max"; expected smooth: number to be >=0; reduction: one of "mean"|"sum"',
  );
});

it("suggests the nearest option for an unknown one, and says what is missing", () => {
  expect(() => parseOptions(schema, { smoth: 1 }, "loss x")).toThrow(/no every, smoth = 1; .* Did you mean smooth\?/);
});
