import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { session } from "../../test/recorded-run.js";
import { smallSet } from "../../test/small-sets.js";
import { writeSet } from "../../test/tiny-run.js";
import { openDataset } from "../data/dataset.js";
import { UsageError } from "../errors/index.js";
import type { TrainingEvent } from "../train/progress.js";
import { packageVersion } from "../util/version.js";
import { dataHash } from "./data-hash.js";
import { commitOf, thisMachine } from "./machine.js";
import { remembered } from "./remembered.js";
import { readSessions, statusOf } from "./run-file.js";

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), "segkit-remembered-"));
});
afterEach(() => rmSync(runDir, { recursive: true, force: true }));

const checkpoint: TrainingEvent = { kind: "checkpoint", step: 3 };
const end: TrainingEvent = { kind: "end", step: 5, reason: "time is up", waitedShare: 0, seconds: 60 };

async function* play(...events: (TrainingEvent | Error)[]): AsyncGenerator<TrainingEvent> {
  for (const event of events) {
    if (event instanceof Error) throw event;
    yield event;
  }
}

const none = { hash: "feed", splits: {}, lists: {} };
const run = (...events: (TrainingEvent | Error)[]) => remembered(runDir, { data: none, fromStep: 2 }, play(...events));

async function drain(events: AsyncIterable<TrainingEvent>): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of events) kinds.push(kind);
  return kinds;
}

describe("remembered", () => {
  it("passes every event on and keeps where, when and on what the run was made", async () => {
    const set = smallSet();
    await writeSet(set);
    const { splits } = await openDataset(set.path);
    const data = await dataHash(splits);
    const events = remembered(runDir, { data, fromStep: 0 }, play(checkpoint, end));
    expect(await drain(events)).toEqual(["checkpoint", "end"]);
    const [only, ...more] = readSessions(runDir);
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      reason: "time is up",
      fromStep: 0,
      toStep: 5,
      seconds: 60,
      process: process.pid,
      segkit: packageVersion,
      machine: thisMachine(),
      commit: commitOf(process.cwd()),
      data,
    });
    expect(Date.parse(only!.ended!)).toBeGreaterThanOrEqual(Date.parse(only!.started));
    set.remove();
  });

  it("has written the end before it passes it on", async () => {
    for await (const { kind } of run(checkpoint, end))
      expect(readSessions(runDir)[0]!.reason).toBe(kind === "end" ? "time is up" : null);
  });

  it("adds a session when a run goes on", async () => {
    await drain(run(end));
    await drain(run({ ...end, step: 9 } as TrainingEvent));
    expect(readSessions(runDir).map(({ toStep }) => toStep)).toEqual([5, 9]);
  });

  it("keeps why a run failed, and lets the failure through", async () => {
    const events = run(checkpoint, new UsageError({ expected: "a number", found: "the loss is NaN" }));
    await expect(drain(events)).rejects.toThrow(UsageError);
    expect(readSessions(runDir)[0]).toMatchObject({ reason: "failed", error: "the loss is NaN; expected a number" });
  });

  it("calls a run stopped whose events nobody wants any more", async () => {
    for await (const _ of run(checkpoint, end)) break;
    expect(readSessions(runDir)[0]).toMatchObject({ reason: "stopped", toStep: null });
  });

  it("begins anew over a damaged file, which is no reason not to train", async () => {
    writeFileSync(join(runDir, "run.json"), "{");
    await drain(run(end));
    expect(readSessions(runDir)).toHaveLength(1);
  });
});

describe("statusOf", () => {
  const open = { ...session, ended: null, reason: null, started: new Date().toISOString(), process: process.pid };
  const here = thisMachine();

  it.each([
    ["as training said", [session], false, "finished"],
    ["the last session's", [session, { ...session, reason: "stopped" }], true, "stopped"],
    ["running where its process lives", [{ ...open, machine: here }], false, "running"],
    ["interrupted where it does not", [{ ...open, machine: here, process: 2 ** 22 + 1 }], false, "interrupted"],
    [
      "interrupted where the machine began anew since",
      [{ ...open, machine: here, started: "2001-01-01T00:00:00.000Z" }],
      false,
      "interrupted",
    ],
    ["running on another machine, as far as is known", [open], false, "running"],
    ["finished by its report, without sessions", [], true, "finished"],
    ["unknown without either", [], false, "unknown"],
  ])("is %s", (_, sessions, hasReport, expected) => {
    expect(statusOf(sessions, hasReport)).toBe(expected);
  });
});

describe("commitOf", () => {
  it("is null outside of git", () => {
    expect(commitOf(runDir)).toBeNull();
  });
});
