/** @file FEATURES.md says what the program's tables say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readEvidence } from "../scripts/features/evidence.js";
import { root } from "../scripts/features/source.js";
import { featuresText } from "../scripts/features/text.js";
import { checks } from "../src/data/doctor/index.js";
import { transformKinds } from "../src/data/transforms/index.js";
import { operators } from "../src/graph/index.js";
import { losses } from "../src/losses/index.js";
import { optimizers } from "../src/optim/index.js";
import { schedules } from "../src/schedules/index.js";

it("FEATURES.md is up to date: npm run docs writes it", () => {
  expect(readFileSync(join(root, "FEATURES.md"), "utf8")).toBe(featuresText());
});

it("evidence is of operators that there are: npm run evidence -- ../shared/parity renews it", () => {
  const { operators: forward, gradients } = readEvidence();
  const known = Object.keys(operators);
  expect(Object.keys({ ...forward, ...gradients }).filter((name) => !known.includes(name))).toEqual([]);
});

it("every operator's forward pass has evidence or a test of graphs", () => {
  const rows = featuresText()
    .split("\n## ")
    .find((section) => section.startsWith("Operators\n"))!
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows.length).toBe(Object.keys(operators).length);
  const unchecked = rows.filter((row) => {
    const [, , , , forward, , tests] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    return forward === "" && tests === "";
  });
  expect(unchecked.map((row) => row.split("`")[1])).toEqual([]);
});

it("the numbers in README.md are those of the tables", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const size = (table: object): number => Object.keys(table).length;
  for (const words of [
    `${size(losses)} losses`,
    `${size(optimizers)} optimizers`,
    `${size(schedules)} schedules`,
    `${transformKinds.size} seeded transforms`,
    `${size(checks)} checks`,
  ])
    expect(readme).toContain(words);
});
