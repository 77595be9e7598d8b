/** @file Options of the demo: defaults, values, and what is refused. */
import { expect, it } from "vitest";
import { UsageError } from "../errors/index.js";
import { parseDemoOptions } from "./options.js";

it("without arguments trains for two and a half minutes from seed 1 into demo/", () => {
  expect(parseDemoOptions([])).toEqual({
    out: "demo",
    minutes: 3,
    seed: 1,
    threads: undefined,
    onlyData: false,
    help: false,
  });
});

it("takes every option", () => {
  const args = ["--out", "x", "--minutes=0.5", "--seed", "7", "--threads", "2", "--only-data"];
  expect(parseDemoOptions(args)).toMatchObject({ out: "x", minutes: 0.5, seed: 7, threads: 2, onlyData: true });
});

it("--quick trains for a quarter of a minute, unless minutes are given", () => {
  expect(parseDemoOptions(["--quick"]).minutes).toBe(0.25);
  expect(parseDemoOptions(["--quick", "--minutes", "1"]).minutes).toBe(1);
});

it.each([
  ["--minutes", "0"],
  ["--minutes", "long"],
  ["--seed", "1.5"],
  ["--threads", "0"],
  ["--epochs", "3"],
  ["data"],
])("refuses %s %s with exit code 2", (...args) => {
  expect(() => parseDemoOptions(args)).toThrow(expect.objectContaining({ name: "UsageError", exitCode: 2 }));
  expect(() => parseDemoOptions(args)).toThrow(UsageError);
});
