/** @file The report: figures, text, JSON, what it raises; and the real sets, which are healthy. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { openDataset } from "../dataset.js";
import { checks } from "./checks.js";
import { percent, some } from "./finding.js";
import { formatReport } from "./format.js";
import { type DoctorOptions, requireHealthy, runDoctor } from "./report.js";
import { surveyDataset } from "./survey.js";

const made: SmallSet[] = [];
afterEach(() => {
  for (const set of made.splice(0)) set.remove();
});

type Rows = readonly (readonly number[])[];
/** A plain set with one image a mask; images differ. */
async function setOf(masks: readonly Rows[], classes?: unknown): Promise<SmallSet> {
  const set = smallSet();
  made.push(set);
  for (const [i, rows] of masks.entries()) {
    await set.image(`images/${i}.png`, rows.length, rows[0]!.length, i + 1);
    await set.mask(`masks/${i}.png`, rows);
  }
  if (classes) set.text("classes.json", classes);
  return set;
}
const examine = (set: SmallSet, options: DoctorOptions = { validation: 0 }) => runDoctor(set.path, options);

const half: Rows = [
  [0, 0],
  [1, 1],
];

describe("report", () => {
  it("names every check of the table, and findings carry those names only", async () => {
    const { findings } = await examine(
      await setOf(
        [
          [
            [0, 9],
            [1, 1],
          ],
        ],
        ["a", "b"],
      ),
    );
    for (const { check } of findings) expect(Object.keys(checks)).toContain(check);
    expect(findings.length).toBeGreaterThan(1);
  });

  it("counts classes, weighs them and measures the training images", async () => {
    const set = await setOf(
      [
        half,
        [
          [0, 0],
          [0, 255],
        ],
      ],
      ["a", "b"],
    );
    const report = await examine(set);
    expect(report).toMatchObject({
      version: 1,
      surveyed: 2,
      total: 2,
      outOfRange: 0,
      ignoredShare: 1 / 8,
      splits: { train: { images: 2, labelled: 2 } },
    });
    expect(report.frequencies).toEqual([
      { name: "a", value: 0, pixels: 5, share: 5 / 7, images: 2 },
      { name: "b", value: 1, pixels: 2, share: 2 / 7, images: 1 },
    ]);
    expect(report.weights["median-frequency"]).toBeAllclose([
      (5 / 7 + 1 / 2) / 2 / (5 / 7),
      (5 / 7 + 1 / 2) / 2 / (1 / 2),
    ]);
    const images = await Promise.all(
      [0, 1].map((i) =>
        sharp(set.at(`images/${i}.png`))
          .raw()
          .toBuffer(),
      ),
    );
    const red = images.flatMap((data) => [...data].filter((_, k) => k % 3 === 0));
    expect(report.statistics!.mean[0]).toBeCloseTo(red.reduce((sum, value) => sum + value, 0) / red.length, 9);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("looks at some of the samples on request, and tells progress", async () => {
    const set = await setOf([half, half, half, half, half], ["a", "b"]);
    const seen: number[][] = [];
    const report = await examine(set, {
      validation: 0,
      maxSamples: 2,
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect([report.surveyed, report.total, seen]).toEqual([
      2,
      5,
      [
        [1, 2],
        [2, 2],
      ],
    ]);
  });

  it("looks at one split alone on request", async () => {
    const set = await setOf([half, half, half, half, half], ["a", "b"]);
    const dataset = await openDataset(set.path, { validation: 0.4 });
    const { records, total } = await surveyDataset(dataset, { split: "train", maxSamples: 2 });
    expect([records.map(({ split }) => split), total]).toEqual([["train", "train"], 3]);
  });

  it("reads as text", async () => {
    const set = await setOf(
      [
        [
          [0, 1],
          [7, 1],
        ],
        half,
      ],
      ["a", "b"],
    );
    const text = formatReport(await examine(set))
      .replaceAll(set.path, "SET")
      .replace(/segkit-set-\w+/, "NAME");
    expect(text).toMatch(
      /^NAME: plain layout, 3 channels, masks as index, 2 classes from SET\/classes\.json\nsplits: train 2 \(all images split/,
    );
    expect(text).toContain("error: 1 pixel in 1 mask hold values that are no class: 7; expected 0, 1, 255.");
    expect(text).toContain("  files: masks/0.png\n  --fix: These pixels become void.\n");
    expect(text).toMatch(/1 error, 1 warning\. segkit doctor --fix DIR writes a mended copy\.\n$/);
  });

  it("requireHealthy raises the errors as one, and nothing for warnings", async () => {
    const sick = await examine(
      await setOf(
        [
          [
            [0, 1],
            [7, 1],
          ],
        ],
        ["a", "b"],
      ),
    );
    expect(() => requireHealthy(sick)).toThrow(
      /masks\/0\.png: 1 pixel .*; expected a data set without errors\. Run segkit doctor .*--fix writes/,
    );
    expect(() =>
      requireHealthy({ ...sick, findings: sick.findings.filter(({ level }) => level !== "error") }),
    ).not.toThrow();
  });

  it("says numbers in few digits", () => {
    expect([0, 0.00000123, 0.00321, 0.0951, 0.5, 1].map(percent)).toEqual([
      "0 %",
      "< 0.001 %",
      "0.3 %",
      "10 %",
      "50 %",
      "100 %",
    ]);
    expect(some([1, 2, 3], 2)).toBe("1, 2 and 1 more");
  });
});

const shared = new URL("../../../../shared/data/", import.meta.url).pathname;
describe.skipIf(!existsSync(shared))("shared/data", () => {
  it("camvid-mini: healthy; the frequencies are the published ones and the recordings named are the shared ones", async () => {
    const dataset = await openDataset(join(shared, "camvid-mini"));
    const report = await runDoctor(dataset);
    expect(report.counts).toMatchObject({ error: 0, warning: 0 });
    const { pixel_counts: published } = JSON.parse(readFileSync(join(shared, "camvid-mini", "classes.json"), "utf8"));
    expect(report.frequencies.map(({ pixels }) => pixels)).toEqual(published.train.slice(0, 11));
    expect(report.findings.find(({ check }) => check === "recordings")?.message).toMatch(
      /"0001TP" \(train, test\), "0016E5" \(train, val\)/,
    );
  });

  it("water12: -9999 is found in the one band that holds it", async () => {
    const { findings, counts } = await runDoctor(join(shared, "water12"));
    expect(counts.error).toBe(0);
    expect(findings.find(({ check }) => check === "image-values")?.message).toMatch(/\(-9999 in merit_dem\)/);
  });

  it.each(["membrane", "nuclei", "crackforest", "fgbg", "s2-india"])("%s has no errors", async (name) => {
    expect((await runDoctor(join(shared, name))).findings.filter(({ level }) => level === "error")).toEqual([]);
  });
});
