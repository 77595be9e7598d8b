import { mkdtempSync, rmSync } from "node:fs";
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
import { UsageError } from "../errors/index.js";
import { csvOf } from "./csv.js";
import { readRun } from "./read-run.js";
import { filterRuns, type RunRow, requireField, runFields, sortRuns } from "./run-fields.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-fields-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let rows: RunRow[] = [];
beforeAll(() => {
  writeRecordedRun(folder, "low", { best: 0.4, scores: [scoreFile(5)] });
  writeRecordedRun(folder, "high", { best: 0.6, sessions: [{ ...session, started: "2026-02-01T00:00:00.000Z" }] });
  writeRecordedRun(folder, "tagged, once", {
    best: 0.5,
    scores: [scoreFile(0, { step: 20 }), scoreFile(0, { data: "other", split: "val" })],
    more: { method: { value: { name: "fixmatch", options: {} }, reason: "" } },
  });
  rows = ["low", "high", "tagged, once"].map((name) => {
    const run = readRun(join(folder, name));
    return { run, fields: runFields(run) };
  });
});

const names = (list: readonly RunRow[]): string[] => list.map(({ run }) => run.name);

describe("runFields", () => {
  it("holds facts, scores and choices of a run", () => {
    // Class a: (80 + 70) / (95 + 80); class b: (5 + 20) / (20 + 30); 175 of 200 pixels.
    expect(Object.fromEntries(rows[0]!.fields)).toMatchObject({
      name: "low",
      status: "finished",
      model: "unet",
      data: "set",
      steps: 40,
      epochs: 4,
      minutes: 10,
      val: 0.4,
      valStep: 30,
      test: (150 / 175 + 25 / 50) / 2,
      "test.mIoU": (150 / 175 + 25 / 50) / 2,
      "test.PA": 175 / 200,
      "test.IoU.b": 0.5,
      started: "2026-01-02T03:04:05.000Z",
      commit: "0123456789abcdef+",
      machine: "Some CPU, 2 cores",
      dataHash: "feed",
      learningRate: 0.01,
    });
  });

  it("leaves out scores of weights that are no longer the best, and tells other data sets apart", () => {
    const { fields } = rows[2]!;
    expect(fields.has("test")).toBe(false);
    expect(fields.get("other/val.PA")).toBe(0.9);
  });

  it("of a run in rounds have its method with its options, and the minutes of all rounds", () => {
    const inRounds = join(folder, "rounds-and-folds");
    const run = readRun(writeRecordedRounds(inRounds, "few"));
    const fields = runFields(run);
    expect(Object.fromEntries(fields)).toMatchObject({
      status: "finished",
      method: "self-training",
      "method.options.portion": 0.2,
      "method.options.merge": "majority",
      "method.options.portionOfClass.b": 0.4,
      minutes: 700 / 60,
      round: 1,
      val: 0.5,
    });
    const row = { run, fields };
    expect(filterRuns([row, ...rows], ["method=self-training"])).toEqual([row]);
    expect(requireField("portion", [row])).toBe("method.options.portion");
    expect(requireField("merge", [row])).toBe("method.options.merge");
  });

  it("of folds have mean, spread and pooled scores, and what their trainings took together", () => {
    const inRounds = join(folder, "rounds-and-folds");
    const fields = runFields(readRun(writeRecordedFolds(inRounds, "folds", [0.4, 0.5, 0.6])));
    expect(Object.fromEntries(fields)).toMatchObject({
      status: "finished",
      model: "unet",
      folds: 3,
      steps: 120,
      minutes: 30,
      "folds.mean.mIoU": 0.5,
      "folds.pooled.mIoU": 0.55,
      "folds.pooled.Dice": 0.55,
      learningRate: 0.01,
    });
    expect(fields.get("val")).toBeCloseTo(0.5, 12);
    expect(fields.get("folds.spread.mIoU")).toBeCloseTo(0.1, 12);
    for (const none of ["valStep", "data.options.fold.index"]) expect(fields.has(none)).toBe(false);
  });
});

describe("requireField", () => {
  it("takes a full name, or the end of one that no other has", () => {
    expect(requireField("encoder", rows)).toBe("modelOptions.encoder");
    expect(requireField("learningRate", rows)).toBe("learningRate");
    expect(() => requireField("PA", rows)).toThrow("Did you mean test.PA or other/val.PA?");
    expect(() => requireField("learnignRate", rows)).toThrow("Did you mean learningRate?");
  });

  it("knows a field that no run has yet", () => {
    expect(requireField("test", [])).toBe("test");
  });
});

describe("filterRuns", () => {
  const filtered = (...filters: string[]): string[] => names(filterRuns(rows, filters));

  it.each([
    ["val>0.4", ["high", "tagged, once"]],
    ["val>=0.4", ["low", "high", "tagged, once"]],
    ["val<0.5", ["low"]],
    ["val<=5e-1", ["low", "tagged, once"]],
    ["learningRate=0.010", ["low", "high", "tagged, once"]],
    ["model=UNET", ["low", "high", "tagged, once"]],
    ["name=*g*", ["high", "tagged, once"]],
    ["name!=low", ["high", "tagged, once"]],
    ["method=fixmatch", ["tagged, once"]],
    ["method!=fixmatch", ["low", "high"]],
    ["test>0", ["low", "high"]],
    ["data.options.fold.count>4", ["low", "high", "tagged, once"]],
    ["started>2026-01-15", ["high"]],
  ])("%s", (filter, expected) => {
    expect(filtered(filter)).toEqual(expected);
  });

  it("wants all of several to hold", () => {
    expect(filtered("val>0.4", "name=h*")).toEqual(["high"]);
  });

  it.each([
    ["val", "FIELD=VALUE"],
    ["val>high", "expected a number to compare with"],
    ["valu>3", "Did you mean val or valStep?"],
    [">3", "FIELD=VALUE"],
  ])("refuses %s", (filter, message) => {
    expect(() => filtered(filter)).toThrow(UsageError);
    expect(() => filtered(filter)).toThrow(message);
  });
});

describe("sortRuns", () => {
  it("brings the best scores first, everything else from the lowest, runs without the field last", () => {
    expect(names(sortRuns(rows, "val"))).toEqual(["high", "tagged, once", "low"]);
    expect(names(sortRuns(rows, "val", { reverse: true }))).toEqual(["low", "tagged, once", "high"]);
    expect(names(sortRuns(rows, "test"))).toEqual(["high", "low", "tagged, once"]);
    expect(names(sortRuns(rows, "test", { reverse: true }))).toEqual(["low", "high", "tagged, once"]);
    expect(names(sortRuns(rows, "name"))).toEqual(["high", "low", "tagged, once"]);
    expect(names(sortRuns(rows, "started"))).toEqual(["low", "tagged, once", "high"]);
  });
});

describe("csvOf", () => {
  it("quotes what needs it and leaves gaps where a run has no such field", () => {
    expect(csvOf(rows, ["name", "val", "test", "method"])).toBe(
      `name,val,test,method\r\nlow,0.4,${(150 / 175 + 0.5) / 2},\r\nhigh,0.6,${(150 / 170 + 0.6) / 2},\r\n"tagged, once",0.5,,fixmatch\r\n`,
    );
  });
});
