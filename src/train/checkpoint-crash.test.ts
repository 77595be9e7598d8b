/** @file Checkpoints under crashes: after any step of the file system, any failed write and any SIGKILL, the old or the new loads. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type * as Fs from "node:fs";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CheckpointError, FileError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.js";

/** Called before each step of the file system that changes something; may throw in its place. */
const disk = vi.hoisted(() => ({ before: (_step: string, _file: unknown): void => {} }));

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  const watched =
    <Args extends unknown[], Result>(step: string, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      disk.before(step, args[0]);
      return call(...args);
    };
  return {
    ...fs,
    mkdirSync: watched("mkdir", fs.mkdirSync),
    openSync: watched("open", fs.openSync),
    // Writes may be short: 300 bytes at a time make many more instants to crash at.
    writeSync: watched("write", (handle: number, part: Uint8Array, at: number) =>
      fs.writeSync(handle, part, at, Math.min(300, part.length - at), null),
    ),
    fsyncSync: watched("fsync", fs.fsyncSync),
    renameSync: watched("rename", fs.renameSync),
    rmSync: watched("rm", fs.rmSync),
  };
});

let folder: string;
let run: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "segkit-crash-"));
  run = join(folder, "run");
});
afterEach(() => {
  disk.before = () => {};
  rmSync(folder, { recursive: true, force: true });
});

const content = (step: number, length = 500) => ({
  weights: new Map([["w", { dtype: "float32" as const, shape: [length], data: new Float32Array(length).fill(step) }]]),
  optimizer: new Map([
    ["m", { dtype: "float32" as const, shape: [length], data: new Float32Array(length).fill(-step) }],
  ]),
  state: { step },
});

/** The step of a checkpoint after checking that all of it is of one step; 0 when there is none. */
function stepOf(runDir: string): number {
  let loaded: ReturnType<typeof loadCheckpoint>;
  try {
    loaded = loadCheckpoint(runDir, "last");
  } catch (error) {
    if (error instanceof CheckpointError && error.message.includes("holds no checkpoint")) return 0;
    throw error;
  }
  const step = loaded.state.step as number;
  expect(new Set(loaded.weights.get("w")!.data as Float32Array)).toEqual(new Set([step]));
  expect(new Set(loaded.optimizer.get("m")!.data as Float32Array)).toEqual(new Set([-step]));
  return step;
}

describe("checkpoint under crashes", () => {
  it("loads as the old or the new after every single step of the file system", () => {
    const snapshots: string[] = [];
    const steps: string[] = [];
    const snapshot = (step: string): void => {
      const copy = join(folder, `snapshot-${snapshots.length}`);
      disk.before = () => {};
      cpSync(run, copy, { recursive: true, force: true });
      disk.before = snapshot;
      steps.push(step);
      snapshots.push(copy);
    };
    mkdirSync(run);
    disk.before = snapshot;
    for (const step of [1, 2, 3]) saveCheckpoint(run, "last", content(step));
    snapshot("end");
    disk.before = () => {};
    const seen = snapshots.map(stepOf);
    expect(steps.filter((step) => step === "write").length).toBeGreaterThan(30);
    expect(steps.filter((step) => step === "rename")).toHaveLength(9);
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3]));
    expect(seen, "once new, never old again").toEqual([...seen].sort((a, b) => a - b));
  });

  it("is on the disk before it counts: each file is synced before its rename, and each folder after", () => {
    const steps: string[] = [];
    disk.before = (step, file) => {
      if (step === "rename") steps.push(`rename ${String(file).replace(/.*\/\.(\w+).*/, "$1")}`);
      if (step === "fsync") steps.push("fsync");
    };
    saveCheckpoint(run, "last", content(1));
    const each = (name: string): string[] => ["fsync", `rename ${name}`, "fsync"];
    expect(steps).toEqual([...each("weights"), ...each("optimizer"), ...each("state")]);
  });

  it.each(["ENOSPC", "EACCES", "EIO"])("survives %s at every step: the old one loads and no leftovers stay", (code) => {
    saveCheckpoint(run, "last", content(1));
    let failAt = 0;
    let failed = true;
    for (; failed; failAt++) {
      let count = 0;
      disk.before = (step) => {
        if (step !== "rm" && count++ === failAt) throw Object.assign(new Error(`${code}: broken`), { code });
      };
      try {
        saveCheckpoint(run, "last", content(2));
        failed = false;
      } catch (error) {
        expect(error).toBeInstanceOf(FileError);
        if (code === "ENOSPC") expect((error as FileError).message).toContain("the disk is full");
        if (code === "EACCES") expect((error as FileError).message).toContain("no permission to write here");
      }
      disk.before = () => {};
      const step = stepOf(run);
      expect(step === 1 || step === 2).toBe(true);
      expect(readdirSync(join(run, "checkpoints", "last"))).toHaveLength(3);
      if (step === 2) break;
    }
    expect(failAt).toBeGreaterThan(20);
    expect(stepOf(run)).toBe(2);
  });

  it("loads the newer one when a writer replaces it in the middle of the reading", () => {
    saveCheckpoint(run, "last", content(1));
    disk.before = (step, file) => {
      if (step !== "open" || !String(file).endsWith("weights-1.safetensors")) return;
      disk.before = () => {};
      saveCheckpoint(run, "last", content(2));
    };
    expect(stepOf(run)).toBe(2);
  });

  it("loads after SIGKILL at fifteen random moments, and is never older than what was reported as saved", async () => {
    const random = new Random(15, "kill");
    const writer = new URL("../../dist/train/checkpoint.js", import.meta.url).href;
    const script = `
      import { writeSync } from "node:fs";
      import { saveCheckpoint } from ${JSON.stringify(writer)};
      const tensor = (value) => ({ dtype: "float32", shape: [50000], data: new Float32Array(50000).fill(value) });
      for (let step = Number(process.argv[1]) + 1; ; step++) {
        saveCheckpoint(${JSON.stringify(run)}, "last", { weights: new Map([["w", tensor(step)]]), optimizer: new Map([["m", tensor(-step)]]), state: { step } });
        writeSync(1, step + "\\n");
      }`;
    let step = 0;
    for (let kill = 0; kill < 15; kill++) {
      const options = ["--input-type=module", "--eval", script, String(step)];
      const child = spawn(process.execPath, options, { stdio: ["ignore", "pipe", "inherit"] });
      let reported = step;
      const lines = createInterface({ input: child.stdout });
      lines.on("line", (line) => {
        reported = Number(line);
      });
      const ended = once(child, "close");
      await once(lines, "line");
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 60)));
      child.kill("SIGKILL");
      expect((await ended)[1]).toBe("SIGKILL");
      const loaded = stepOf(run);
      expect(loaded).toBeGreaterThanOrEqual(reported);
      expect(loaded).toBeGreaterThan(step);
      step = loaded;
    }
    saveCheckpoint(run, "last", content(step + 1));
    expect(readdirSync(join(run, "checkpoints", "last"))).toHaveLength(3);
  });
});
