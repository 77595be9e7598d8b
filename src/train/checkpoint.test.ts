/** @file Checkpoints: what is saved is what is loaded, and damage is named. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError, FileError } from "../errors/index.js";
import { requireTensors } from "../weights/compare.js";
import type { NamedTensor } from "../weights/tensor.js";
import { cleanCheckpoints, hasCheckpoint, loadCheckpoint, saveCheckpoint } from "./checkpoint.js";

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "segkit-checkpoint-"));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

const tensor = (...values: number[]): NamedTensor => ({
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const content = (step: number) => ({
  weights: new Map([
    ["conv.weight", tensor(step, 0.1)],
    ["bn.running_mean", tensor(-step)],
  ]),
  optimizer: new Map([["conv.weight.momentum", tensor(step / 3)]]),
  state: { step, best: null, random: [1, 2], sampler: { epoch: 2, cursor: 7 } },
});
const files = (kind: string): string[] => readdirSync(join(run, "checkpoints", kind)).sort();

describe("checkpoint", () => {
  it("gives back every bit of tensors and state", () => {
    const saved = content(5);
    saveCheckpoint(run, "last", saved);
    const loaded = loadCheckpoint(run, "last");
    expect(loaded.weights).toEqual(saved.weights);
    expect(loaded.optimizer).toEqual(saved.optimizer);
    expect(loaded.ema).toEqual(new Map());
    expect(loaded.state).toEqual(saved.state);
  });

  it("replaces the one before, keeps the other kind, and removes no file of the user", () => {
    expect(hasCheckpoint(run, "last")).toBe(false);
    saveCheckpoint(run, "last", content(1));
    saveCheckpoint(run, "best", { ...content(1), optimizer: new Map() });
    writeFileSync(join(run, "checkpoints", "last", "notes.txt"), "mine");
    saveCheckpoint(run, "last", content(2));
    expect(hasCheckpoint(run, "last")).toBe(true);
    expect(loadCheckpoint(run, "last").state).toMatchObject({ step: 2 });
    expect(loadCheckpoint(run, "best").state).toMatchObject({ step: 1 });
    expect(files("last")).toEqual(["notes.txt", "optimizer-2.safetensors", "state.json", "weights-2.safetensors"]);
    expect(files("best")).toEqual(["state.json", "weights-1.safetensors"]);
  });

  it("loads only the groups that are asked for", () => {
    saveCheckpoint(run, "last", content(1));
    rmSync(join(run, "checkpoints", "last", "optimizer-1.safetensors"));
    expect(loadCheckpoint(run, "last", ["weights"]).weights.size).toBe(2);
    expect(() => loadCheckpoint(run, "last")).toThrow(/optimizer-1\.safetensors: the file does not exist/);
  });

  it("removes what killed writers left behind", () => {
    saveCheckpoint(run, "best", content(1));
    const folder = join(run, "checkpoints", "best");
    for (const name of [".weights-2.safetensors.4242.tmp", ".state.json.4242.tmp", "weights-7.safetensors"])
      writeFileSync(join(folder, name), "half");
    cleanCheckpoints(run);
    expect(files("best")).toEqual(["optimizer-1.safetensors", "state.json", "weights-1.safetensors"]);
    writeFileSync(join(folder, "weights-7.safetensors"), "half");
    saveCheckpoint(run, "best", content(2));
    expect(files("best")).toEqual(["optimizer-8.safetensors", "state.json", "weights-8.safetensors"]);
  });

  it("is refused when the run has none", () => {
    expect(() => loadCheckpoint(run, "last")).toThrow(CheckpointError);
    expect(() => loadCheckpoint(run, "best")).toThrow("The first validation saves one");
  });

  it("is refused when a file is cut off, longer, or has one bit flipped", () => {
    const file = join(run, "checkpoints", "last", "weights-1.safetensors");
    saveCheckpoint(run, "last", content(1));
    const bytes = readFileSync(file);
    truncateSync(file, bytes.length - 1);
    expect(() => loadCheckpoint(run, "last")).toThrow(`has ${bytes.length - 1} of ${bytes.length} bytes`);
    appendFileSync(file, "xx");
    expect(() => loadCheckpoint(run, "last")).toThrow(`has ${bytes.length + 1} of ${bytes.length} bytes`);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    expect(() => loadCheckpoint(run, "last")).toThrow(/another checksum than state\.json says.*use checkpoints\/best/s);
  });

  const states: [what: string, text: string, message: string][] = [
    ["is cut off", '{"version": 1, "fi', "is no JSON"],
    ["is empty", "", "is no JSON"],
    ["has other fields", '{"version": 1, "files": {}, "state": {}, "x": 1}', "x"],
    [
      "names a file outside the folder",
      JSON.stringify({
        version: 1,
        files: { weights: { name: "../w-1.safetensors", bytes: 1, sha256: "0".repeat(64) } },
        state: {},
      }),
      "files.weights.name",
    ],
    ["comes from a newer Segkit", '{"version": 2, "anything": []}', "has version 2; expected version 1 or older"],
  ];
  it.each(states)("is refused when state.json %s", (_, text, message) => {
    mkdirSync(join(run, "checkpoints", "last"), { recursive: true });
    writeFileSync(join(run, "checkpoints", "last", "state.json"), text);
    expect(() => loadCheckpoint(run, "last")).toThrow(CheckpointError);
    expect(() => loadCheckpoint(run, "last")).toThrow(message);
  });

  it("keeps all tensors beside an unreadable state.json, and a new save replaces it", () => {
    saveCheckpoint(run, "last", content(1));
    writeFileSync(join(run, "checkpoints", "last", "state.json"), "{");
    cleanCheckpoints(run);
    expect(files("last")).toContain("weights-1.safetensors");
    saveCheckpoint(run, "last", content(2));
    expect(loadCheckpoint(run, "last").state).toMatchObject({ step: 2 });
  });

  it.each([
    [{ best: { score: Number.NEGATIVE_INFINITY } }, "best.score is -Infinity"],
    [{ losses: [1, Number.NaN] }, "losses.1 is NaN"],
    [{ order: new Uint32Array(2) }, "order is a Uint32Array"],
    [{ best: undefined }, "best is undefined"],
  ])("is not saved with a state that JSON cannot hold: %o", (state, message) => {
    expect(() => saveCheckpoint(run, "last", { weights: new Map(), state })).toThrow(message);
    expect(hasCheckpoint(run, "last")).toBe(false);
  });

  it("is not saved where a file stands in the way of a folder", () => {
    writeFileSync(join(run, "checkpoints"), "");
    expect(() => saveCheckpoint(run, "last", content(1))).toThrow(FileError);
    rmSync(join(run, "checkpoints"));
    mkdirSync(join(run, "checkpoints"));
    writeFileSync(join(run, "checkpoints", "last"), "");
    expect(() => saveCheckpoint(run, "last", content(1))).toThrow(/a part of the path is a file/);
  });

  it("of another network is recognised by its tensors", () => {
    saveCheckpoint(run, "best", content(1));
    const network = new Map([["conv.weight", { dtype: "float32" as const, shape: [3] }]]);
    expect(() => requireTensors(network, loadCheckpoint(run, "best").weights, "checkpoints/best")).toThrow(
      /1 of another shape \(conv\.weight is float32\[2\], not float32\[3\]\), 1 too many \(bn\.running_mean\)/,
    );
  });
});
