import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeRecordedRun } from "../../../test/recorded-run.js";
import { readRun } from "../read-run.js";
import { type RunRow, runFields } from "../run-fields.js";
import { chartsOf } from "./curves.js";
import { renderPage } from "./page.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-page-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (name: string, best: number): RunRow => {
  const run = { ...readRun(writeRecordedRun(folder, name.replace(/\W/g, ""), { best })), name };
  return { run, fields: new Map([...runFields(run), ["name", name]]) };
};

it("charts hold every number of the metrics, over steps and over minutes, known ones first", () => {
  const { run } = row("a", 0.5);
  const charts = chartsOf([run, { ...run, curves: [] }, run]);
  expect(charts.map(({ title, across }) => `${title} ${across}`)).toEqual([
    "Validation mIoU steps",
    "Validation mIoU minutes",
    "Training loss steps",
    "Training loss minutes",
    "Learning rate steps",
    "Learning rate minutes",
  ]);
  expect(charts[2]!.curves).toEqual([0, 2].map((at) => ({ run: at, points: [10, 20, 30, 40].map((x) => [x, 1 / x]) })));
  expect(charts[3]!.curves[0]!.points.map(([x]) => x)).toEqual([2.5, 5, 7.5, 10]);
});

it("the page has a switch, a curve in every chart and a row for each run, and nothing to load or run", () => {
  const page = renderPage("runs", [row("a", 0.5), row("<b>&", 0.4321)], ["name", "val", "minutes", "test.IoU.b"]);
  for (const i of [0, 1]) {
    expect(page).toContain(`id="show-${i}" checked`);
    expect(page.match(new RegExp(`<g class="run r${i}">`, "g"))).toHaveLength(6);
    expect(page).toContain(`body:has(#show-${i}:not(:checked)) .run.r${i} { display: none; }`);
  }
  expect(page).toContain('<td class="number">0.4321</td>');
  expect(page).toContain("&lt;b&gt;&amp;");
  expect(page).not.toMatch(/<b>&|<script|<link(?! rel="icon" href="data:,")|src=|NaN|undefined/);
});

it("one run that explodes does not flatten the others: its curve leaves the frame", () => {
  const wild = row("wild", 0.5);
  const curves = wild.run.curves.map((point) =>
    point.field === "loss" && point.step === 40 ? { ...point, value: 1e30 } : point,
  );
  const many = Array.from({ length: 40 }, (_, i) => row(`run${i}`, 0.5));
  const page = renderPage("runs", [{ ...wild, run: { ...wild.run, curves } }, ...many], ["name"]);
  const labels = Array.from(page.matchAll(/<text class="y"[^>]*>([^<]*)</g), ([, text]) => text!);
  expect(labels.filter((text) => text.includes("e2") || text.includes("e3"))).toEqual([]);
});

it("a page without curves still lists the runs", () => {
  const { run, fields } = row("a", 0.5);
  const page = renderPage("runs", [{ run: { ...run, curves: [] }, fields }], ["name"]);
  expect(page).toContain('<td class="text">a</td>');
  expect(page).not.toContain("<figure");
});
