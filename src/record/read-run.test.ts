import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  scoreFile,
  session,
  somePlan,
  someState,
  writeRecordedFolds,
  writeRecordedRounds,
  writeRecordedRun,
} from "../../test/recorded-run.js";
import { foldSetFile } from "../train/fold-set.js";
import { type Plan, writePlan } from "../train/plan.js";
import { roundFolder, type SemiState, stateFile, writeState } from "../train/semi-state.js";
import { findRuns, signatureOf } from "./find-runs.js";
import { thisMachine } from "./machine.js";
import { readRun } from "./read-run.js";
import { statusOf, writeSessions } from "./run-file.js";
import { isPartial, type RunRecord } from "./run-record.js";
import { writeScores } from "./score-file.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "segkit-read-run-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const status = (run: RunRecord): string => statusOf(run.sessions, run.hasReport, isPartial(run));
const here = { ...session, machine: thisMachine(), started: new Date().toISOString(), process: process.pid };
const gone = { ...here, process: 2 ** 22 + 1 };

describe("a run in rounds", () => {
  /** The state with so many rounds done. */
  const stateOf = (done: number): SemiState => ({
    ...someState,
    rounds: someState.rounds.slice(0, done),
    result: null,
  });

  it("has the method of semi.json and the seconds of all rounds", () => {
    expect(readRun(writeRecordedRounds(folder, "few"))).toMatchObject({
      rounds: { method: "self-training", options: someState.methodOptions, result: 1 },
      seconds: 700,
      problems: [],
    });
  });

  it("is one run, from its first plan on: rounds are none of their own", () => {
    writeRecordedRounds(folder, "few");
    writeRecordedRounds(folder, "begun", stateOf(1));
    writeRecordedRun(folder, "plain");
    writeState(join(folder, "nothing-planned"), stateOf(0));
    expect(findRuns(folder)).toEqual(["begun", "few", "plain"]);
  });

  it("is read from its latest round until all is done, on one clock or on a clock for each round", () => {
    const runDir = writeRecordedRounds(folder, "few", stateOf(2));
    expect(readRun(runDir)).toMatchObject({ step: 40, seconds: 300, rounds: { result: null } });
    writeRecordedRun(roundFolder(runDir, 2), ".");
    expect(readRun(runDir).seconds).toBe(300 + 600);
    const length = { value: { unit: "steps", count: 60, of: 60 }, reason: "" };
    writePlan(roundFolder(runDir, 2), somePlan({ length }) as unknown as Plan);
    expect(readRun(runDir).seconds).toBe(600);
  });

  it("is running or interrupted between two rounds, though the round has ended", () => {
    const runDir = writeRecordedRounds(folder, "few", stateOf(1));
    writeSessions(roundFolder(runDir, 0), [here]);
    expect(status(readRun(runDir))).toBe("running");
    writeSessions(roundFolder(runDir, 0), [gone]);
    expect(status(readRun(runDir))).toBe("interrupted");
    writeSessions(roundFolder(runDir, 0), [{ ...gone, reason: "stopped" }]);
    expect(status(readRun(runDir))).toBe("stopped");
  });

  it("has another signature with another semi.json, and with another step of its latest round", () => {
    const runDir = writeRecordedRounds(folder, "few", stateOf(1));
    const first = signatureOf(runDir);
    writeRecordedRun(roundFolder(runDir, 1), ".");
    const second = signatureOf(runDir);
    writeState(runDir, stateOf(2));
    expect(new Set([first, second, signatureOf(runDir)]).size).toBe(3);
  });

  it("is kept without its method where semi.json is damaged, which is said", () => {
    const runDir = writeRecordedRounds(folder, "few");
    writeFileSync(stateFile(runDir), "{");
    const { rounds, seconds, problems } = readRun(runDir);
    expect([rounds, seconds]).toEqual([null, 600]);
    expect(problems).toEqual([expect.stringContaining("semi.json is damaged")]);
  });
});

describe("folds", () => {
  it("are a run with the plan of the first and the sums of all, and each is one too", () => {
    const runDir = writeRecordedFolds(folder, "folds", [0.4, 0.6]);
    expect(findRuns(folder)).toEqual(["folds", "folds/folds/1", "folds/folds/2"]);
    const run = readRun(runDir);
    expect(run).toMatchObject({ step: 80, epoch: 8, seconds: 1200, best: { score: 0.5, step: 60 }, problems: [] });
    expect(run.plan).toMatchObject({ data: { name: "set", options: {} }, learningRate: { value: 0.01 } });
    expect(run.folds).toMatchObject({ count: 2, summary: { mean: { meanIou: 0.5 }, pooled: { meanIou: 0.55 } } });
    expect([status(run), run.sessions.length]).toEqual(["finished", 2]);
  });

  it("have the scores of later evaluations", () => {
    const runDir = writeRecordedFolds(folder, "folds", [0.4, 0.6]);
    writeScores(runDir, "set", scoreFile(0, { step: 60 }));
    expect(readRun(runDir).scores).toMatchObject([{ data: "", split: "test", step: 60 }]);
  });

  it("are not finished before all are scored", () => {
    const runDir = writeRecordedFolds(folder, "folds", [0.4], 2);
    writeSessions(join(runDir, "folds", "1"), [here]);
    const run = readRun(runDir);
    expect(run).toMatchObject({ best: null, folds: { count: 2, summary: null } });
    expect(status(run)).toBe("running");
  });

  it("stand as their newest session does, whichever fold's it is", () => {
    const runDir = writeRecordedFolds(folder, "folds", [0.4, 0.5], 3);
    writeSessions(join(runDir, "folds", "1"), [session, { ...here, reason: null }]);
    expect(status(readRun(runDir))).toBe("running");
  });

  it("name what is damaged, and of which fold", () => {
    const runDir = writeRecordedFolds(folder, "folds", [0.4, 0.6]);
    writeFileSync(foldSetFile(runDir), "{");
    writeFileSync(join(runDir, "folds", "2", "run.json"), "{");
    const { folds, problems } = readRun(runDir);
    expect(folds).toEqual({ count: 2, summary: null });
    expect(problems).toEqual([expect.stringContaining("folds.json"), expect.stringMatching(/^fold 2: .*run\.json/)]);
  });
});
