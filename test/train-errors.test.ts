/** @file Training that cannot begin, cannot go on or cannot end as asked: one clear error, and nothing written before is lost. */
import type * as Fs from "node:fs";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CheckpointError, DataError, FileError, RuntimeError, ShapeError, UsageError } from "../src/errors/index.js";
import { databaseFile } from "../src/record/index.js";
import { loadSqlite, PrivateDatabase } from "../src/record/sqlite.js";
import { hasCheckpoint } from "../src/train/checkpoint.js";
import { planFile, readPlan, writePlan } from "../src/train/plan.js";
import { finishRun } from "../src/verbs/finish.js";
import { type TrainEvent, type TrainOptions, train } from "../src/verbs/train.js";
import { fingerprint, resultOf } from "./run-folder.js";
import { segkit } from "./segkit.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

/** Called before each write to a file; may throw in its place. */
const disk = vi.hoisted(() => ({ before: (_file: number): void => {} }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  const writeSync = (handle: number, ...rest: unknown[]): number => {
    disk.before(handle);
    return (fs.writeSync as (handle: number, ...rest: unknown[]) => number)(handle, ...rest);
  };
  return { ...fs, writeSync };
});

const options = {
  ...{ model: "unet", set: { width: 2, depth: 2 }, batch: 2, steps: 12, checkpointEvery: 2, ema: 0.9 },
  ...{ device: "cpu", threads: 1, workers: 1, doctor: false },
} as const;

let set: SmallSet;
/** A run that was never disturbed. */
let undisturbed: string;
let count = 0;
const newRun = (): string => set.at("runs", String(count++));

/** Trains to the end; `onEvent` may stop it. */
async function run(given: TrainOptions, onEvent: (event: TrainEvent, stop: () => void) => void = () => {}) {
  const controller = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train({ ...given, signal: controller.signal })) {
    events.push(event);
    onEvent(event, () => controller.abort());
  }
  return events;
}

/** What segkit.db says of a run, as whatever reads SQLite sees it. */
function recordedStatus(runDir: string): unknown {
  const loaded = loadSqlite();
  if ("missing" in loaded) throw new Error(loaded.missing);
  const copy = new PrivateDatabase(loaded.sqlite, databaseFile(dirname(runDir)));
  try {
    return copy.db.get("SELECT status FROM runs WHERE name = ?", basename(runDir))?.status;
  } finally {
    copy.close();
  }
}

/** A run that was stopped after a step. */
async function stoppedRun(step: number): Promise<string> {
  const runDir = newRun();
  await run({ ...options, data: set.path, run: runDir }, (event, stop) => {
    if (event.kind === "step" && event.step === step) stop();
  });
  return runDir;
}

beforeAll(async () => {
  set = await trainingSet(12, 3);
  undisturbed = newRun();
  await run({ ...options, data: set.path, run: undisturbed });
});
afterAll(() => set.remove());
afterEach(() => {
  disk.before = () => {};
});

describe("a run folder that cannot be used", () => {
  it("is refused when it holds a run, which stays as it is", async () => {
    const before = resultOf(undisturbed);
    const again = run({ ...options, data: set.path, run: undisturbed });
    await expect(again).rejects.toThrow(UsageError);
    await expect(again).rejects.toThrow(`segkit train --resume ${undisturbed}`);
    expect(resultOf(undisturbed)).toEqual(before);
  });

  it("is refused when it holds other files, but not when it holds hidden ones", async () => {
    const runDir = newRun();
    mkdirSync(runDir);
    writeFileSync(join(runDir, ".plan.json.1.tmp"), "{");
    await run({ ...options, data: set.path, run: runDir, steps: 1 });
    rmSync(planFile(runDir));
    await expect(run({ ...options, data: set.path, run: runDir })).rejects.toThrow("holds other files");
  });

  it("is refused when it, or a folder above, is a file", async () => {
    const file = set.text("notes.txt", "no folder");
    for (const runDir of [file, join(file, "run")]) {
      const wrong = run({ ...options, data: set.path, run: runDir });
      await expect(wrong).rejects.toThrow(FileError);
      await expect(wrong).rejects.toThrow("is a file, not a folder");
    }
  });

  it.skipIf(process.getuid?.() === 0)("is refused without permission to write there", async () => {
    const parent = newRun();
    mkdirSync(parent, { mode: 0o500 });
    await expect(run({ ...options, data: set.path, run: join(parent, "run") })).rejects.toThrow("no permission");
  });

  it("is refused for resuming when it has no plan, or a damaged one", async () => {
    const runDir = newRun();
    await expect(run({ resume: runDir })).rejects.toThrow(CheckpointError);
    mkdirSync(runDir);
    await expect(run({ resume: runDir })).rejects.toThrow("has none");
    writeFileSync(planFile(runDir), readFileSync(planFile(undisturbed), "utf8").slice(0, 500));
    await expect(run({ resume: runDir })).rejects.toThrow("is damaged");
  });

  it("goes on by its plan alone: an option that the plan has settled is refused", async () => {
    await expect(run({ resume: undisturbed, lr: 0.1, batch: 3 })).rejects.toThrow(
      /lr, batch with resume.*start a new run/,
    );
  });

  it("is not made when the plan cannot run", async () => {
    const runDir = newRun();
    // The unpadded network needs larger images at this depth.
    // Five levels of a 16x16 image end at one pixel, of which a batch of one has no variance.
    const wrong = { ...options, set: { width: 2, depth: 5 }, size: [16, 16] as const, batch: 1 };
    await expect(run({ ...wrong, data: set.path, run: runDir })).rejects.toThrow(ShapeError);
    expect(existsSync(runDir)).toBe(false);
  });
});

describe("a checkpoint of another network", () => {
  it("is refused, naming a tensor, when shapes differ, tensors are missing or too many", async () => {
    const plan = readPlan(undisturbed);
    const before = resultOf(undisturbed);
    for (const [modelOptions, expected] of [
      [{ width: 3, depth: 2 }, "the checkpoint has ["],
      [{ width: 2, depth: 3 }, /the checkpoint (lacks|has \[)/],
      [{ width: 2, depth: 1 }, /, which this network does not/],
    ] as const) {
      writePlan(undisturbed, { ...plan, modelOptions: { value: modelOptions, reason: "another" } });
      const wrong = run({ resume: undisturbed });
      await expect(wrong).rejects.toThrow(CheckpointError);
      await expect(wrong).rejects.toThrow(expected);
    }
    writePlan(undisturbed, plan);
    expect(resultOf(undisturbed)).toEqual(before);
  });

  it("is refused on other data", async () => {
    const runDir = await stoppedRun(3);
    const [image, mask] = ["train/images/11.png", "train/masks/11.png"].map((name) => set.at(name));
    for (const file of [image!, mask!]) renameSync(file, `${file}.away`);
    await expect(run({ resume: runDir })).rejects.toThrow("11 training images of 3 classes");
    for (const file of [image!, mask!]) renameSync(`${file}.away`, file);
    await run({ resume: runDir });
    expect(resultOf(runDir)).toEqual(resultOf(undisturbed));
  });
});

describe("trouble in the middle of training", () => {
  it("with a broken image names the file, keeps what was trained, and ends the same after mending", async () => {
    const runDir = await stoppedRun(1);
    const file = set.at("train/images/5.png");
    const sound = readFileSync(file);
    writeFileSync(file, sound.subarray(0, sound.length / 2));
    const steps: number[] = [];
    const broken = run({ resume: runDir }, (event) => {
      if (event.kind === "step") steps.push(event.step);
    });
    await expect(broken).rejects.toThrow(DataError);
    await expect(broken).rejects.toThrow(file);
    writeFileSync(file, sound);
    const events = await run({ resume: runDir });
    const opened = events.find((event) => event.kind === "opened");
    expect(opened!.start.step).toBe(steps.at(-1) ?? 1);
    expect(resultOf(runDir)).toEqual(resultOf(undisturbed));
  });

  it("with a full disk says so at any write, keeps the last checkpoint, and ends the same with space again", async () => {
    for (const allowed of [0, 4, 9, 15, 40]) {
      const runDir = await stoppedRun(3);
      const before = resultOf(undisturbed);
      let left = allowed;
      disk.before = () => {
        if (left-- <= 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      };
      const full = run({ resume: runDir });
      await expect(full).rejects.toThrow(FileError);
      await expect(full).rejects.toThrow("the disk is full");
      disk.before = () => {};
      await run({ resume: runDir });
      expect(resultOf(runDir)).toEqual(before);
    }
  });

  it("with a loss that is no number says so and leaves the checkpoint from before", async () => {
    const runDir = newRun();
    const diverging = run({ ...options, data: set.path, run: runDir, lr: 1e30, checkpointEvery: 1 });
    await expect(diverging).rejects.toThrow(RuntimeError);
    const message = await diverging.catch((error: Error) => error.message);
    const [, step] =
      /^step (\d+) gave (?:NaN|-?Infinity); expected a loss that is a number/.exec(String(message)) ?? [];
    expect(fingerprint(runDir, "last").place).toMatchObject({ step: Number(step) - 1 });
    expect(recordedStatus(runDir)).toBe("failed");
  });
});

describe("the end of a run", () => {
  it("writes report and model, also of a run that was stopped", async () => {
    const runDir = await stoppedRun(8);
    const events = [];
    for await (const event of finishRun({ run: runDir })) events.push(event);
    expect(events.filter((event) => "file" in event)).toMatchObject([
      { kind: "calibration", file: join(runDir, "calibration.json") },
      { kind: "report", file: join(runDir, "report.html"), split: "val" },
      { kind: "model", file: join(runDir, "model.onnx"), agreement: 1 },
    ]);
    const report = readFileSync(join(runDir, "report.html"), "utf8");
    for (const part of [
      "best mIoU",
      "Loss",
      "Confusion matrix",
      "Reliability",
      "Worst pictures",
      "data:image/png",
      "given",
      "1 threads",
    ])
      expect(report).toContain(part);
  });

  it("leaves the weights alone when the report cannot be written, and still writes the model", async () => {
    const runDir = await stoppedRun(8);
    mkdirSync(join(runDir, "report.html"));
    const before = resultOf(runDir);
    const files: string[] = [];
    const failing = (async () => {
      for await (const event of finishRun({ run: runDir })) if ("file" in event) files.push(event.file);
    })();
    await expect(failing).rejects.toThrow(FileError);
    expect(files).toEqual(["calibration.json", "model.onnx"].map((name) => join(runDir, name)));
    expect(resultOf(runDir)).toEqual(before);
  });

  it("is refused before the first checkpoint", async () => {
    const runDir = newRun();
    mkdirSync(runDir);
    writePlan(runDir, readPlan(undisturbed));
    expect(hasCheckpoint(runDir, "last")).toBe(false);
    await expect(finishRun({ run: runDir }).next()).rejects.toThrow(CheckpointError);
  });
});

describe("segkit train", () => {
  it("prints one line for an error, with exit code 2 for wrong usage and 1 for what failed", async () => {
    const wrong = await segkit(["train", set.path, "--run", undisturbed]).ended;
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/^error: .* holds a run; expected .*\n$/);
    const failed = await segkit(["train", "--resume", set.path]).ended;
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^error: .* has none; expected .*\n$/);
  });

  it("says how to go on after a file that was broken", async () => {
    const runDir = await stoppedRun(1);
    const file = set.at("train/masks/3.png");
    const sound = readFileSync(file);
    writeFileSync(file, "no PNG");
    const { code, stderr } = await segkit(["train", "--resume", runDir]).ended;
    writeFileSync(file, sound);
    expect(code).toBe(1);
    expect(stderr).toContain(`go on with: segkit train --resume ${runDir}\nerror: ${file}: `);
    await run({ resume: runDir });
    expect(resultOf(runDir)).toEqual(resultOf(undisturbed));
  });

  it("says that the weights are safe when the report fails", async () => {
    const runDir = newRun();
    await run({ ...options, data: set.path, run: runDir });
    mkdirSync(join(runDir, "report.html"));
    const { code, stderr } = await segkit(["train", "--resume", runDir]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`the weights are safe in ${runDir}/checkpoints`);
    expect(stderr).not.toContain("    at ");
    expect(readdirSync(runDir)).toContain("model.onnx");
  });
});
