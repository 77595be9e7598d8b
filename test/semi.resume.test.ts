/** @file Self-training that is killed or interrupted at random moments and resumed each time ends as if it had never stopped, bit for bit. */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stateFile } from "../src/train/semi-state.js";
import { Random } from "../src/util/random.js";
import { type Ended, segkit } from "./segkit.js";
import { semiResult } from "./semi-run.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

// Averages of weights, mixed images, rounds whose labels depend on all rounds before, checkpoints every 4 of 15 steps.
const options = [
  ...["--method", "self-training", "--labels", "1/4", "--set", "method.rounds=2", "--set", "method.merge=mean"],
  ...["--set", "method.patience=5", "--set", "method.mix=cutmix"],
  ...["--model", "unet", "--set", "width=4", "--set", "depth=2", "--size", "24x32"],
  ...["--steps", "45", "--batch", "2", "--lr", "0.01", "--ema", "0.9", "--checkpoint-every", "4"],
  ...["--device", "cpu", "--threads", "1", "--workers", "0", "--no-doctor", "--json"],
];

/** What later rounds begin with. */
const starts = ["continued", "best"] as const;
type Start = (typeof starts)[number];

let set: SmallSet;
let runs = 0;
const newRun = (): string => set.at("runs", String(runs++));

/** Starts in a new folder, or goes on with one. */
function begin(
  runDir: string,
  start: Start,
  onLine?: (line: string, child: ChildProcess) => void,
): { child: ChildProcess; ended: Promise<Ended> } {
  const begun = existsSync(stateFile(runDir));
  return segkit(
    begun
      ? ["semi", "--resume", runDir, "--json"]
      : ["semi", set.path, "--run", runDir, ...options, "--set", `method.start=${start}`],
    onLine,
  );
}

beforeAll(async () => {
  set = await trainingSet(16, 3);
});
afterAll(() => set.remove());

describe.each(starts)("self-training that is stopped and resumed, start=%s", (start) => {
  let uninterrupted: string;
  beforeAll(async () => {
    uninterrupted = newRun();
    const { code, stderr } = await begin(uninterrupted, start).ended;
    expect(code, stderr).toBe(0);
  }, 300_000);

  it("has rounds with labels to lose", () => {
    const { rounds } = semiResult(uninterrupted);
    expect(rounds.map(({ steps }) => steps)).toEqual([15, 15, 15]);
    expect(rounds.map(({ files }) => Object.keys(files).length > 0)).toEqual([true, true, false]);
  });

  it("ends the same after SIGKILL at 4 random moments: in starts, in steps, while labelling", async () => {
    const random = new Random(11, "kills");
    const expected = semiResult(uninterrupted);
    let kills = 0;
    let runDir = newRun();
    for (let finished = false; kills < 4 || !finished; ) {
      const kind = ["start", '"kind":"step"', '"kind":"labelling"', '"kind":"step"'][random.integer(4)]!;
      const delay = random.between(0, kind === "start" ? 1500 : 30);
      let left = 1 + random.integer(12);
      const armed = kills < 4;
      const strike = (child: ChildProcess): void => {
        setTimeout(() => child.kill("SIGKILL"), delay);
      };
      const { child, ended } = begin(runDir, start, (line) => {
        if (armed && line.includes(kind) && --left === 0) strike(child);
      });
      if (kind === "start" && armed) strike(child);
      const { code, signal, stderr } = await ended;
      finished = code === 0;
      if (signal === "SIGKILL") kills++;
      else expect(code, stderr).toBe(0);
      if (!finished) continue;
      expect(semiResult(runDir)).toEqual(expected);
      if (kills < 4) runDir = newRun();
    }
  });

  it("saves and says how to resume when it gets SIGINT while labelling, and then ends the same", async () => {
    const runDir = newRun();
    let seen = 0;
    const { ended } = begin(runDir, start, (line, child) => {
      if (line.includes('"kind":"labelling"') && ++seen === 3) child.kill("SIGINT");
    });
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);
    // A machine may be so slow that labelling was over before the signal came; training is then stopped instead.
    if (stdout.includes('"kind":"stopped"')) expect(stderr).toContain(`segkit semi --resume ${runDir}`);
    const again = await begin(runDir, start).ended;
    expect(again.code, again.stderr).toBe(0);
    expect(semiResult(runDir)).toEqual(semiResult(uninterrupted));
  });
});
