import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  scoreFile,
  session,
  writeRecordedFolds,
  writeRecordedRounds,
  writeRecordedRun,
} from "../../test/recorded-run.js";
import { CheckpointError, DataError, UsageError } from "../errors/index.js";
import { compareRunFolders } from "./compare.js";
import { type ScoreFile, writeScores } from "./score-file.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-compare-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
/** A run of its own with these scores. */
const runWith = (...scores: ScoreFile[]): string => writeRecordedRun(folder, `run-${made++}`, { scores });

let plain: string;
let worse: string;
beforeAll(() => {
  plain = writeRecordedRun(folder, "plain", { scores: [scoreFile(0), scoreFile(1, { split: "val" })] });
  worse = writeRecordedRun(folder, "worse", {
    best: 0.45,
    sessions: [{ ...session, segkit: "0.2.0" }],
    scores: [scoreFile(5)],
    more: { optimizer: { value: { name: "sgd", momentum: 0.5 }, reason: "given" } },
  });
});

describe("compareRunFolders", () => {
  it("puts differences of plans, facts and scores side by side", () => {
    const { runs, plan, facts, scores, notes } = compareRunFolders(plain, worse);
    expect(runs).toEqual(["plain", "worse"]);
    expect(plan).toEqual([{ field: "optimizer.momentum", first: 0.9, second: 0.5 }]);
    expect(facts).toEqual([
      { field: "val", first: 0.5, second: 0.45 },
      { field: "segkit", first: "0.1.0", second: "0.2.0" },
    ]);
    expect(notes).toEqual([]);
    expect(scores).toMatchObject({ data: "set", split: "test", images: 2, resamples: 2000, seed: 1, share: 0 });
    // Draws of two images: twice the first, one of each, twice the second, which is the same for both runs.
    const [first, second] = [(150 / 170 + 30 / 50) / 2, (150 / 175 + 25 / 50) / 2];
    expect(scores!.mean.first).toBeCloseTo(first, 12);
    expect(scores!.mean.second).toBeCloseTo(second, 12);
    expect(scores!.mean.difference).toBeCloseTo(second - first, 12);
    expect(scores!.mean.high).toBe(0);
    expect(scores!.mean.low).toBeCloseTo((80 / 95 + 5 / 20) / 2 - (80 / 90 + 10 / 20) / 2, 12);
    expect(scores!.classes.map(({ name, second: iou }) => [name, iou])).toEqual([
      ["a", 150 / 175],
      ["b", 25 / 50],
    ]);
  });

  it("compares on test where both have it, else on what both have, else on what is asked for", () => {
    expect(compareRunFolders(plain, worse).scores!.split).toBe("test");
    expect(compareRunFolders(plain, runWith(scoreFile(2, { split: "val" }))).scores!.split).toBe("val");
    expect(compareRunFolders(plain, plain, { split: "val" }).scores!.split).toBe("val");
    expect(compareRunFolders(plain, plain, { split: "set/val" }).scores!.split).toBe("val");
    expect(() => compareRunFolders(plain, worse, { split: "val" })).toThrow(UsageError);
    expect(() => compareRunFolders(plain, worse, { split: "val" })).toThrow(
      "plain has set/test, set/val; worse has set/test",
    );
    expect(() => compareRunFolders(plain, worse, { split: "tset" })).toThrow("Did you mean --split test?");
  });

  it("compares the same images of a data set that is one run's own and another's not", () => {
    const own = writeRecordedRun(folder, "own", { scores: [scoreFile(0, { data: "elsewhere" })] });
    expect(compareRunFolders(own, own).scores).toMatchObject({ data: "elsewhere", split: "test" });
  });

  it("has no scores, and says so, where no split was evaluated with both", () => {
    const { scores, notes, plan } = compareRunFolders(runWith(), worse);
    expect(scores).toBeNull();
    expect(notes.join()).toContain("segkit eval");
    expect(plan).toHaveLength(1);
  });

  it("pairs images by name, not by place", () => {
    const { images, ...rest } = scoreFile(5);
    const turned = runWith({ ...rest, images: [...images].reverse() });
    expect(compareRunFolders(plain, turned).scores).toEqual(compareRunFolders(plain, worse).scores);
  });

  const [one, two] = scoreFile(0).images;
  it.each([
    ["other images", { images: [one!] }, "plain was scored on 2 images, run-N on 1: only plain has two"],
    [
      "other images, as many",
      { images: [one!, { ...two!, name: "three" }] },
      "only plain has two, only run-N has three",
    ],
    ["other masks", { images: [one!, { ...two!, truth: [60, 40] }] }, "the masks of 1 images differ (two)"],
    ["other classes", { classes: ["a", "c"] }, "plain has the classes a, b, run-N a, c"],
    [
      "another size",
      { settings: { ...scoreFile(0).settings, size: [24, 32] } },
      "plain was scored at the size of each mask, run-N at 24x32",
    ],
  ])("refuses %s, saying how they differ", (_, more, message) => {
    const other = runWith(scoreFile(0, more));
    const compare = () => compareRunFolders(plain, other);
    expect(compare).toThrow(DataError);
    expect(compare).toThrow(message.replaceAll("run-N", `run-${made - 1}`));
  });

  it("notes scores of weights that are no longer the best, and other ways of prediction", () => {
    const settings = { ...scoreFile(0).settings, symmetries: "flip" };
    const { notes } = compareRunFolders(plain, runWith(scoreFile(0, { step: 20, settings })));
    expect(notes[0]).toContain("are of step 20, its best weights now of step 30");
    expect(notes[1]).toContain('symmetries "none" for plain, "flip" for run-');
  });

  it("tells folds and runs in rounds from others by their choices and facts", () => {
    const folds = writeRecordedFolds(folder, "folds", [0.4, 0.6]);
    writeScores(folds, "set", scoreFile(2, { step: 60 }));
    const few = writeRecordedRounds(folder, "few");
    const { plan, facts, scores, notes } = compareRunFolders(folds, few);
    expect(plan.slice(-5)).toEqual([
      { field: "method", second: "self-training" },
      { field: "method.options.portion", second: 0.2 },
      { field: "method.options.merge", second: "majority" },
      { field: "method.options.portionOfClass.b", second: 0.4 },
      { field: "method.options.start", second: "continued" },
    ]);
    expect(facts).toContainEqual({ field: "round", second: 1 });
    expect(facts).toContainEqual({ field: "folds", first: 2 });
    expect(facts).toContainEqual({ field: "folds.pooled.mIoU", first: 0.55 });
    expect(scores).toMatchObject({ split: "test", images: 2 });
    expect(notes).toEqual([]);
  });

  it("names two folders of one name by their paths", () => {
    const twin = writeRecordedRun(join(folder, "more"), "plain");
    expect(compareRunFolders(plain, twin).runs).toEqual([plain, twin]);
  });

  it("refuses damaged scores, naming the file", () => {
    const damaged = runWith(scoreFile(0));
    writeFileSync(join(damaged, "scores", "test.json"), "{");
    expect(() => compareRunFolders(plain, damaged)).toThrow(CheckpointError);
    expect(() => compareRunFolders(plain, damaged)).toThrow(join(damaged, "scores", "test.json"));
  });
});
