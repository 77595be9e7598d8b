/** @file `plan: "auto"` on a small data set: real trials in processes of their own, the range test, the run after it. */
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataError, UsageError } from "../src/errors/index.js";
import { readPlan } from "../src/train/plan.js";
import { type RangeTest, rangeTestFile, readRangeTest } from "../src/train/planning/range-test.js";
import { findRate } from "../src/train/planning/rates.js";
import { type TrialFailure, tryPlan } from "../src/train/planning/trial.js";
import { roundFolder } from "../src/train/semi-state.js";
import { finishRun } from "../src/verbs/finish.js";
import { type TrainEvent, type TrainOptions, train } from "../src/verbs/train.js";
import { segkit } from "./segkit.js";
import { eventsOf, tiny } from "./semi-run.js";
import type { SmallSet } from "./small-sets.js";
import { planFor } from "./tiny-run.js";
import { trainingSet } from "./training-set.js";

const options = {
  model: "unet",
  set: { width: 2, depth: 2 },
  device: "cpu",
  threads: 1,
  workers: 0,
  doctor: false,
} satisfies TrainOptions;

let set: SmallSet;
let runs = 0;
const newRun = (): string => set.at("runs", String(runs++));
async function run(more: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train({ ...options, data: set.path, ...more })) events.push(event);
  return events;
}

/** What came out, where neither memory nor time ran out. */
function result<Result extends object>(found: Result | TrialFailure): Result {
  if (typeof found === "string") throw new Error(`it ran out of ${found}`);
  return found;
}

beforeAll(async () => {
  set = await trainingSet(26, 3);
});
afterAll(() => set.remove());

describe("a trial", () => {
  it("tells rate, loss and time of each update, and the most memory of its process", async () => {
    const plan = await planFor(set.path, { ...options, size: [32, 32], lr: 0.01, schedule: "constant", batch: 2 });
    const { steps, startBytes, peakBytes } = result(await tryPlan(plan, { updates: 4 }));
    expect(steps.map(({ learningRate }) => learningRate)).toHaveLength(4);
    for (const { loss, milliseconds } of steps) {
      expect(loss).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThan(0);
    }
    expect(startBytes).toBeGreaterThan(30e6);
    expect(peakBytes).toBeGreaterThan(startBytes);
  });

  it("ends early where its time is spent, and is given up where even that takes too long", async () => {
    const plan = await planFor(set.path, { ...options, size: [32, 32], lr: 0.01, schedule: "constant", batch: 2 });
    const { steps, peakBytes } = result(await tryPlan(plan, { updates: 4, updatesWithin: 0 }));
    expect(steps).toHaveLength(1);
    expect(peakBytes).toBeGreaterThan(30e6);
    const enough = result(await tryPlan(plan, { updates: 400, isEnough: (done) => done.length === 3 }));
    expect(enough.steps).toHaveLength(3);
    expect(await tryPlan(plan, { updates: 4, givenUpAfter: 10 })).toBe("time");
  });

  it("fails as the run would, and ends with the signal", async () => {
    const plan = await planFor(set.path, { ...options, size: [32, 32], batch: 27 });
    await expect(tryPlan(plan, { updates: 1 })).rejects.toThrow(DataError);
    const signal = AbortSignal.timeout(200);
    await expect(tryPlan(plan, { updates: 1, signal })).rejects.toThrow("it was interrupted");
  });
});

describe("a range test", () => {
  it("has the same curve for the same plan", async () => {
    const plan = await planFor(set.path, { ...options, size: [32, 32], batch: 2, seed: 5 });
    const [first, second] = [result(await findRate(plan, 40, {})), result(await findRate(plan, 40, {}))];
    expect(first.test).toEqual(second.test);
    expect(first.test.seed).toBe(5);
    const losses = first.test.points.map(({ loss }) => loss);
    expect(new Set(losses).size).toBeGreaterThan(30);
  });

  it("tests single batches where an update has several", async () => {
    const plan = await planFor(set.path, { ...options, size: [32, 32], batch: 2, seed: 5 });
    const several = { ...plan, accumulate: { value: 3, reason: "given" } };
    expect(result(await findRate(several, 30, {})).test).toEqual(result(await findRate(plan, 30, {})).test);
  });
});

describe("plan auto", () => {
  it("writes what it measured into the plan and the curve into the folder, and trains with both", async () => {
    const runDir = newRun();
    const events = await run({ run: runDir, plan: "auto", memory: "4GB", steps: 6 });
    const stages = events.flatMap((event) => (event.kind === "planning" ? [event.stage] : []));
    expect(new Set(stages)).toEqual(new Set(["memory", "learning rate"]));
    const plan = readPlan(runDir);
    expect(plan.batch.reason).toMatch(/need .* of 4\.0 GB$/);
    expect(plan.length.reason).toMatch(/^given; about .* minutes at .* ms a step$/);
    const test = readRangeTest(runDir)!;
    expect(JSON.parse(readFileSync(rangeTestFile(runDir), "utf8")) as RangeTest).toEqual(test);
    expect(plan.learningRate.value).toBe(test.learningRate);
    expect(plan.learningRate.reason).toBe(test.reason);
    expect(events.at(-1)).toMatchObject({ kind: "end", step: 6 });
    let report = "";
    for await (const event of finishRun({ run: runDir })) if (event.kind === "report") report = event.file;
    expect(readFileSync(report, "utf8")).toContain("Loss at growing learning rates");
  });

  it("leaves what was given as it is, without a range test for a rate", async () => {
    const runDir = newRun();
    await run({ run: runDir, plan: "auto", memory: "4GB", steps: 2, lr: 0.004, batch: 3, size: [32, 48] });
    const { learningRate, batch, size } = readPlan(runDir);
    expect(learningRate).toEqual({ value: 0.004, reason: "given" });
    expect(batch.value).toBe(3);
    expect(batch.reason).toMatch(/^given; needs \d/);
    expect(size).toEqual({ value: [32, 48], reason: "given" });
    expect(existsSync(rangeTestFile(runDir))).toBe(false);
  });

  it("takes over what was measured for another run, without measuring", async () => {
    const [first, second] = [newRun(), newRun()];
    await run({ run: first, plan: "auto", memory: "4GB", steps: 2, batch: 3 });
    const events = await run({ run: second, plan: "auto", memory: "4GB", steps: 2, batch: 3, like: first });
    expect(events.some(({ kind }) => kind === "planning")).toBe(false);
    const [measured, taken] = [readPlan(first), readPlan(second)];
    expect(taken.size.value).toEqual(measured.size.value);
    expect(taken.learningRate).toEqual({
      value: measured.learningRate.value,
      reason: `as in ${first}: ${measured.learningRate.reason}`,
    });
  });

  it("says how long updates with a method are by its trial, not by the range test that leaves the method out", async () => {
    const runDir = newRun();
    const labels = { keep: 1, of: 4, seed: 1 };
    const given = { labels, method: "fixmatch", batch: 2, size: [32, 32], steps: 2 } as const;
    const events = await run({ run: runDir, plan: "auto", memory: "4GB", ...given });
    const tried = events.flatMap((event) =>
      event.kind === "planning" && event.stage === "memory" ? [event.text] : [],
    );
    const [, milliseconds] = /, (\d+) ms a batch$/.exec(tried.at(-1)!)!;
    const [, pace] = / at ([\d.]+) ms a step$/.exec(readPlan(runDir).length.reason)!;
    // Both are rounded.
    expect(Math.abs(Number(pace) - Number(milliseconds))).toBeLessThan(1);
  });

  it("lets no later round of self-training have more images in memory at once than were measured", async () => {
    const runDir = newRun();
    const method = { method: "self-training", methodOptions: { rounds: 1, patience: 5 } };
    const planned = { plan: "auto", memory: "4GB", steps: 24 } as const;
    const events = await eventsOf({ ...tiny, ...method, ...planned, data: set.path, run: runDir });
    expect(events.at(-1)).toMatchObject({ kind: "result" });
    const stepOf = (round: number): number[] => {
      const { batch, accumulate } = readPlan(roundFolder(runDir, round));
      return [batch.value, accumulate.value];
    };
    expect([stepOf(0), stepOf(1)]).toEqual([
      [2, 1],
      [2, 2],
    ]);
    expect(readPlan(roundFolder(runDir, 1)).batch.reason).toContain("in an update of 2 batches");
  });

  it("makes no folder where nothing fits, and where memory is given alone", async () => {
    const runDir = newRun();
    await expect(run({ run: runDir, plan: "auto", memory: "1MB", steps: 2 })).rejects.toThrow(UsageError);
    await expect(run({ run: runDir, memory: "4GB", steps: 2 })).rejects.toThrow("Add --plan auto");
    expect(existsSync(runDir)).toBe(false);
  });

  it("says what it tries on the command line", async () => {
    const runDir = newRun();
    const given = ["--plan", "auto", "--memory", "4GB", "--steps", "2", "--lr", "0.01", "--device", "cpu"];
    const network = ["--set", "width=2", "--set", "depth=2", "--threads", "1", "--workers", "0", "--no-doctor"];
    const { code, stderr } = await segkit(["train", set.path, "--run", runDir, ...given, ...network]).ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("planning: trying steps under 4.0 GB");
    expect(stderr).toMatch(/ {2}batch 2 of 32x32: .*, \d+ ms a batch/);
  });
});
