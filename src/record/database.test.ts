import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromSource, projectRoot } from "../../test/from-source.js";
import {
  scoreFile,
  session,
  someState,
  writeRecordedFolds,
  writeRecordedRounds,
  writeRecordedRun,
} from "../../test/recorded-run.js";
import { foldRun } from "../train/fold-set.js";
import { roundFolder, writeState } from "../train/semi-state.js";
import { databaseFile, openRecord, recordRun } from "./database.js";
import { thisMachine } from "./machine.js";
import { readRun } from "./read-run.js";
import { writeSessions } from "./run-file.js";
import * as sqliteDoor from "./sqlite.js";
import { loadSqlite, PrivateDatabase } from "./sqlite.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "segkit-database-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const loaded = loadSqlite();
if ("missing" in loaded) throw new Error(loaded.missing);
const { sqlite } = loaded;

/** Every row of every table, in order. */
function dump(file = databaseFile(folder)): object {
  const copy = new PrivateDatabase(sqlite, file);
  try {
    const rows = (table: string, order: string) => copy.db.all(`SELECT * FROM ${table} ORDER BY ${order}`);
    return {
      version: copy.db.get("PRAGMA user_version"),
      runs: rows("runs", "name"),
      curves: rows("curves", "run, position"),
      scores: rows("scores", "run, position"),
      classes: rows("class_scores", "run, score, class"),
    };
  } finally {
    copy.close();
  }
}

const namesIn = (): string[] => (dump() as { runs: { name: string }[] }).runs.map(({ name }) => name);
const listed = async (): Promise<string[]> => (await openRecord(folder)).runs.map(({ name }) => name);

describe("recordRun", () => {
  it("puts a run into the database beside it, and nothing else there", async () => {
    expect(await recordRun(writeRecordedRun(folder, "a"))).toBeUndefined();
    expect(namesIn()).toEqual(["a"]);
    expect(readdirSync(folder).sort()).toEqual(["a", "segkit.db"]);
  });

  it("replaces what stood there of the run", async () => {
    const run = writeRecordedRun(folder, "a", { best: 0.4 });
    await recordRun(run);
    rmSync(join(run, "scores"), { recursive: true });
    writeRecordedRun(folder, "a", { best: 0.7, scores: [] });
    await recordRun(run);
    expect(dump()).toMatchObject({ runs: [{ name: "a", best_miou: 0.7 }], scores: [], classes: [] });
  });

  it("puts the run in rounds in for one of its rounds, and leaves no database among these", async () => {
    const run = writeRecordedRounds(folder, "few");
    await recordRun(roundFolder(run, 0));
    expect(dump()).toMatchObject({ runs: [{ name: "few", method: "self-training", minutes: 700 / 60 }] });
    expect(existsSync(join(run, "rounds", "segkit.db"))).toBe(false);
  });

  it("puts a fold in beside its set, and leaves no database among the folds", async () => {
    const run = writeRecordedFolds(folder, "folds", [0.4, 0.6]);
    await recordRun(join(run, foldRun(1)));
    expect(namesIn()).toEqual(["folds", "folds/folds/1"]);
    expect(existsSync(join(run, "folds", "segkit.db"))).toBe(false);
    await recordRun(run);
    expect((await openRecord(folder)).runs).toEqual(
      ["folds", "folds/folds/1", "folds/folds/2"].map((name) => ({ ...readRun(join(folder, name), name), curves: [] })),
    );
  });

  it("gives the reason, and throws nothing, where it cannot be done", async () => {
    expect(await recordRun(join(folder, "none"))).toContain("segkit.db was not written: ");
    vi.spyOn(sqliteDoor, "loadSqlite").mockReturnValue({ missing: "Cannot find module" });
    expect(await recordRun(writeRecordedRun(folder, "a"))).toContain("SQLite cannot be loaded (Cannot find module)");
  });

  it("holds columns that any reader of SQLite can use", async () => {
    await recordRun(writeRecordedRun(folder, "a", { best: 0.5, scores: [scoreFile(5)] }));
    expect(dump()).toMatchObject({
      version: { user_version: 2 },
      runs: [
        {
          name: "a",
          status: "finished",
          model: "unet",
          method: null,
          data: "set",
          data_hash: "feed",
          git_commit: "0123456789abcdef",
          machine: "Some CPU, 2 cores",
          started: "2026-01-02T03:04:05.000Z",
          minutes: 10,
          step: 40,
          best_miou: 0.5,
          best_step: 30,
        },
      ],
      scores: [{ run: "a", split: "test", step: 30, images: 2, pixel_accuracy: 175 / 200 }],
      classes: [
        { name: "a", iou: 150 / 175, intersection: 150, union_pixels: 175, truth: 150 },
        { name: "b", iou: 0.5, intersection: 25, union_pixels: 50, truth: 50 },
      ],
    });
    const { curves } = dump() as { curves: { split: string; field: string; value: number }[] };
    expect(curves.filter(({ field }) => field === "loss").map(({ value }) => value)).toEqual([
      0.1,
      0.05,
      1 / 30,
      0.025,
    ]);
  });
});

describe("several processes", () => {
  it("put their runs in at once, and none is lost", async () => {
    const base = writeRecordedRun(folder, "run-0");
    const runs = Array.from({ length: 16 }, (_, i) => join(folder, `run-${i}`));
    for (const run of runs.slice(1)) cpSync(base, run, { recursive: true });
    const { args, env } = fromSource(join(projectRoot, "test", "record-runs.ts"));
    const codes = await Promise.all(
      [0, 1].map(
        (half) =>
          new Promise((resolve) => {
            const mine = runs.filter((_, i) => i % 2 === half);
            spawn(process.execPath, [...args, ...mine], { env, stdio: "inherit" }).on("exit", resolve);
          }),
      ),
    );
    expect(codes).toEqual([0, 0]);
    expect(namesIn().sort()).toEqual(runs.map((_, i) => `run-${i}`).sort());
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("are not held up by the lock of one that was killed", async () => {
    const lock = join(folder, ".segkit.db.lock");
    mkdirSync(lock);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    expect(await recordRun(writeRecordedRun(folder, "a"))).toBeUndefined();
    expect(existsSync(lock)).toBe(false);
  });

  it("wait for one that holds the lock", async () => {
    const lock = join(folder, ".segkit.db.lock");
    mkdirSync(lock);
    const recording = recordRun(writeRecordedRun(folder, "a"));
    expect(await Promise.race([recording, new Promise((resolve) => setTimeout(resolve, 100, "waiting"))])).toBe(
      "waiting",
    );
    rmSync(lock, { recursive: true });
    expect(await recording).toBeUndefined();
  });
});

describe("openRecord", () => {
  it("gives what the run folders say, curves on request", async () => {
    writeRecordedRun(folder, "a");
    writeRecordedRun(folder, "sweep/x=2", { scores: [scoreFile(1), scoreFile(2, { data: "other", split: "val" })] });
    const { runs, database } = await openRecord(folder, { curves: true });
    expect(database).toBe(databaseFile(folder));
    expect(runs).toEqual(["a", "sweep/x=2"].map((name) => readRun(join(folder, name), name)));
    expect((await openRecord(folder)).runs[0]!.curves).toEqual([]);
  });

  it("rebuilt equals what runs put in one by one", async () => {
    for (const [name, shift] of [
      ["b", 3],
      ["a", 1],
      ["c", 2],
    ] as const)
      await recordRun(writeRecordedRun(folder, name, { best: 0.4 + shift / 10, scores: [scoreFile(shift)] }));
    const oneByOne = dump();
    const { notes } = await openRecord(folder, { rebuild: true });
    expect(notes).toEqual([`${databaseFile(folder)} is made anew of 3 run folders`]);
    expect(dump()).toEqual(oneByOne);
    rmSync(databaseFile(folder));
    await openRecord(folder);
    expect(dump()).toEqual(oneByOne);
  });

  it("follows runs that are added, changed and removed without its knowing", async () => {
    writeRecordedRun(folder, "a");
    writeRecordedRun(folder, "b");
    await openRecord(folder);
    writeRecordedRun(folder, "c");
    rmSync(join(folder, "b"), { recursive: true });
    appendFileSync(
      join(folder, "a", "metrics.jsonl"),
      `${JSON.stringify({ step: 50, split: "train", epoch: 5, loss: 0.01, seconds: 700 })}\n`,
    );
    const { runs, notes } = await openRecord(folder);
    expect(runs.map(({ name, step, seconds }) => [name, step, seconds])).toEqual([
      ["a", 50, 700],
      ["c", 40, 600],
    ]);
    expect(notes).toEqual([]);
    expect(namesIn()).toEqual(["a", "c"]);
  });

  it("follows a run in rounds from round to round", async () => {
    const run = writeRecordedRounds(folder, "few", {
      ...someState,
      rounds: someState.rounds.slice(0, 1),
      result: null,
    });
    expect((await openRecord(folder)).runs).toMatchObject([{ name: "few", seconds: 100, rounds: { result: null } }]);
    writeState(run, { ...someState, result: null });
    expect((await openRecord(folder)).runs).toMatchObject([{ name: "few", seconds: 700 }]);
    expect((await openRecord(folder)).runs).toEqual([{ ...readRun(run), curves: [] }]);
  });

  it("takes over that a run was killed, which changes no file, but says nothing of other machines' runs", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 600000)"]);
    const open = { ...session, started: new Date().toISOString(), ended: null, reason: null, process: child.pid! };
    writeSessions(writeRecordedRun(folder, "here"), [{ ...open, machine: thisMachine() }]);
    writeSessions(writeRecordedRun(folder, "there"), [open]);
    const stored = (): string[] => (dump() as { runs: { status: string }[] }).runs.map(({ status }) => status);
    await openRecord(folder);
    expect(stored()).toEqual(["running", "running"]);
    const killed = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    await killed;
    await openRecord(folder);
    expect(stored()).toEqual(["interrupted", "running"]);
  });

  it("leaves a database that is up to date as it is", async () => {
    writeRecordedRun(folder, "a");
    await openRecord(folder);
    chmodSync(databaseFile(folder), 0o444);
    const before = readFileSync(databaseFile(folder));
    await openRecord(folder);
    expect(readFileSync(databaseFile(folder)).equals(before)).toBe(true);
  });

  it.each([
    ["no database at all", () => Buffer.from("no database")],
    ["empty", () => Buffer.alloc(0)],
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
    ["with pages overwritten", (bytes: Buffer) => Buffer.from(bytes).fill(0xa5, 4096)],
  ])("makes one that is %s anew, and says so", async (_, damage) => {
    writeRecordedRun(folder, "a");
    writeRecordedRun(folder, "b");
    await openRecord(folder);
    const sound = dump();
    writeFileSync(databaseFile(folder), damage(readFileSync(databaseFile(folder))));
    const { runs, notes } = await openRecord(folder);
    expect(runs.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(notes[0]).toMatch(/segkit\.db was (damaged|of another version); it is made anew of 2 run folders/);
    expect(dump()).toEqual(sound);
  });

  it("makes one of another version anew", async () => {
    writeRecordedRun(folder, "a");
    await openRecord(folder);
    const copy = new PrivateDatabase(sqlite, databaseFile(folder));
    copy.db.exec("PRAGMA user_version = 999");
    writeFileSync(databaseFile(folder), copy.bytes());
    copy.close();
    expect((await openRecord(folder)).notes[0]).toContain("was of another version");
    expect(dump()).toMatchObject({ version: { user_version: 2 } });
  });

  it("reads the run folders where SQLite cannot be loaded", async () => {
    writeRecordedRun(folder, "a");
    vi.spyOn(sqliteDoor, "loadSqlite").mockReturnValue({ missing: "Cannot find module 'node-sqlite3-wasm'" });
    const { runs, database, notes } = await openRecord(folder);
    expect(runs).toEqual([readRun(join(folder, "a"))]);
    expect(database).toBeNull();
    expect(notes[0]).toContain("Cannot find module 'node-sqlite3-wasm'");
  });

  it("names what it cannot read of a run, and keeps the rest", async () => {
    const a = writeRecordedRun(folder, "a");
    writeFileSync(join(a, "metrics.jsonl"), "no metrics\n");
    writeFileSync(join(a, "run.json"), "{");
    writeFileSync(join(a, "scores", "test.json"), JSON.stringify({ ...scoreFile(0), classes: ["a"] }));
    writeRecordedRun(folder, "b", { sessions: null });
    mkdirSync(join(folder, "c"));
    writeFileSync(join(folder, "c", "plan.json"), "[]");
    const { runs, notes } = await openRecord(folder);
    expect(runs.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(runs[0]).toMatchObject({ step: 40, best: { score: 0.5, step: 30 }, sessions: [], scores: [], curves: [] });
    expect(runs[0]!.problems).toHaveLength(3);
    expect(runs[0]!.problems.join()).toContain("image one has not 1 numbers");
    expect(notes.join()).toContain("left out c: ");
  });

  it("does not look for runs in hidden folders, and not deeper than sweeps lie", async () => {
    writeRecordedRun(folder, ".hidden/a");
    writeRecordedRun(folder, "x/y/z");
    writeRecordedRun(folder, "x/y/z/round-1");
    writeRecordedRun(folder, "b");
    writeRecordedRun(folder, "b/round-1", { sessions: [{ ...session, reason: null, ended: null }] });
    expect(await listed()).toEqual(["b", "b/round-1", "x/y/z"]);
  });
});
