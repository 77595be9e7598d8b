/** @file A run that is killed or interrupted at random moments and resumed each time ends as the run that never stopped, bit for bit. */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planFile } from "../src/train/plan.js";
import { Random } from "../src/util/random.js";
import { fingerprint, resultOf } from "./run-folder.js";
import { type Ended, segkit } from "./segkit.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

// BatchNorm's buffers, dropout, momenta, averages, two micro-batches an update, crops of scaled and mirrored images: all that a
// checkpoint must hold or a step must derive from its number. Every 6 steps a validation, every 4 a checkpoint.
const steps = 60;
const options = [
  ...["--model", "unet-paper", "--set", "width=2", "--set", "depth=2", "--set", "batchNorm=true"],
  ...["--steps", String(steps), "--batch", "2", "--accumulate", "2", "--ema", "0.9", "--checkpoint-every", "4"],
  ...["--device", "cpu", "--threads", "1", "--workers", "1", "--no-doctor", "--json"],
];

let set: SmallSet;
let runs = 0;
/** Starts a run in a new folder, or goes on with one. */
function start(
  runDir: string,
  onLine?: (line: string, child: ChildProcess) => void,
): { child: ChildProcess; ended: Promise<Ended> } {
  const begun = existsSync(planFile(runDir));
  return segkit(
    begun ? ["train", "--resume", runDir, "--json"] : ["train", set.path, "--run", runDir, ...options],
    onLine,
  );
}
const newRun = (): string => set.at("runs", String(runs++));
let uninterrupted: string;

beforeAll(async () => {
  set = await trainingSet(26, 3);
  uninterrupted = newRun();
  const { code, stderr } = await start(uninterrupted).ended;
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(() => set.remove());

describe("a run that is stopped and resumed", () => {
  it("has averages, momenta and several records to lose", () => {
    const { last, metrics } = resultOf(uninterrupted);
    expect(last.place).toMatchObject({ step: steps });
    expect(Object.keys(last.ema)).toEqual(Object.keys(last.weights));
    expect(Object.keys(last.optimizer).length).toBeGreaterThan(Object.keys(last.weights).length);
    expect(metrics.filter(({ split }) => split === "val")).toHaveLength(steps / 6);
    expect(metrics.filter(({ split }) => split === "train")).toHaveLength(steps / 20);
  });

  it("ends with the same weights, optimizer state, averages and metrics after SIGKILL at 20 random moments", async () => {
    const random = new Random(7, "kills");
    const expected = resultOf(uninterrupted);
    let kills = 0;
    let runDir = newRun();
    // Should a slow machine let a run end before its kills, the next one takes the rest of them.
    for (let finished = false; kills < 20 || !finished; ) {
      // Every fourth falls into the start, before anything is reported; the others some milliseconds after some step.
      const atStart = random.chance(0.25);
      const delay = random.between(0, atStart ? 1500 : 20);
      let left = 1 + random.integer(9);
      const armed = kills < 20;
      const strike = (child: ChildProcess): void => {
        setTimeout(() => child.kill("SIGKILL"), delay);
      };
      const { child, ended } = start(runDir, (line) => {
        if (!atStart && armed && line.includes('"kind":"step"') && --left === 0) strike(child);
      });
      if (atStart && armed) strike(child);
      const { code, signal, stderr } = await ended;
      finished = code === 0;
      if (signal === "SIGKILL") kills++;
      else expect(code, stderr).toBe(0);
      if (!finished) continue;
      expect(resultOf(runDir)).toEqual(expected);
      if (kills < 20) runDir = newRun();
    }
    expect(kills).toBe(20);
  });

  it("finishes its step, saves and says how to resume when it gets SIGINT, and then ends the same", async () => {
    let runDir = newRun();
    for (;;) {
      let seen = 0;
      const { child, ended } = start(runDir, (line) => {
        if (line.includes('"kind":"step"') && ++seen === 5) child.kill("SIGINT");
      });
      const { code, stdout, stderr } = await ended;
      expect(code, stderr).toBe(0);
      const line = stdout.split("\n").find((text) => text.includes('"kind":"end"'))!;
      const end = JSON.parse(line) as { reason: string; step: number };
      if (end.reason === "stopped") {
        expect(stderr).toContain(`segkit train --resume ${runDir}`);
        expect(fingerprint(runDir, "last").place).toMatchObject({ step: end.step });
        break;
      }
      // The machine was so slow that the run ended before the signal came.
      runDir = newRun();
    }
    const { code, stderr } = await start(runDir).ended;
    expect(code, stderr).toBe(0);
    expect(resultOf(runDir)).toEqual(resultOf(uninterrupted));
  });

  it("is not changed by resuming it once more after its end", async () => {
    const before = resultOf(uninterrupted);
    const { code, stderr } = await start(uninterrupted).ended;
    expect(code, stderr).toBe(0);
    expect(resultOf(uninterrupted)).toEqual(before);
  });
});
