/** @file The examples run, are short enough to read, and end with the number that they promise. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { fromSource } from "./from-source.js";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const numbered = readdirSync(examples).filter((name) => /^\d\d-.*\.ts$/.test(name));

/** The last line of each example: what it is called, and from which number to which it may lie. */
const promised: { readonly [example: string]: readonly [what: string, low: number, high: number] } = {
  // sin 2 + 2 cos 2
  "01-graph-and-gradients.ts": ["derivative at 2", 0.077003, 0.077005],
  "02-training-step.ts": ["loss after 40 steps", 0, 0.1],
  "03-train.ts": ["best mIoU", 0.7, 1],
  "04-evaluate.ts": ["test mIoU", 0.7, 1],
  "05-predict-tiles.ts": ["pixels right", 0.9, 1],
  "06-export.ts": ["pixels right", 0.9, 1],
  "07-patchwise-against-whole-image.ts": ["best mIoU on whole images", 0.7, 1],
};

// All of them in one folder and in order, as a reader would: 03 trains what the later ones use.
const folder = mkdtempSync(join(tmpdir(), "segkit-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("every example promises a number", () => {
  expect(Object.keys(promised)).toEqual(numbered);
});

it.each(numbered)("%s ends with its number", (name) => {
  const file = join(examples, name);
  expect(readFileSync(file, "utf8").split("\n").length, "lines of the example").toBeLessThan(80);
  const { args, env } = fromSource(file);
  const output = execFileSync(process.execPath, args, { cwd: folder, env, encoding: "utf8" });
  const [what, number] = output.trimEnd().split("\n").at(-1)!.split(": ");
  const [expected, low, high] = promised[name]!;
  expect(what).toBe(expected);
  expect(Number(number)).toBeGreaterThanOrEqual(low);
  expect(Number(number)).toBeLessThanOrEqual(high);
});
