/** @file K folds: trained, scored out of fold, stopped and killed and resumed, averaged at prediction. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../src/data/dataset.js";
import { CheckpointError, UsageError } from "../src/errors/index.js";
import { ConfusionMatrix, scoreTable } from "../src/metrics/index.js";
import { foldSetFile, isFoldSet, readFoldSet, writeFoldSet } from "../src/train/fold-set.js";
import { readPlan } from "../src/train/plan.js";
import { evaluateModel } from "../src/verbs/evaluate.js";
import type { EvaluationReport } from "../src/verbs/evaluation-json.js";
import { exportModel } from "../src/verbs/export.js";
import { predictFiles } from "../src/verbs/predict.js";
import { compareRuns, listRuns } from "../src/verbs/runs.js";
import { type TrainFoldsEvent, type TrainFoldsOptions, trainFolds } from "../src/verbs/train-folds.js";
import { resultOf } from "./run-folder.js";
import { program, segkit } from "./segkit.js";
import type { SmallSet } from "./small-sets.js";
import { trainingSet } from "./training-set.js";

const steps = 12;
const options = {
  model: "unet",
  set: { width: 2, depth: 2 },
  size: [24, 32],
  batch: 2,
  steps,
  checkpointEvery: 4,
  device: "cpu",
  threads: 1,
  workers: 0,
  doctor: false,
} satisfies TrainFoldsOptions;

let set: SmallSet;
let runs = 0;
const newRun = (): string => set.at("runs", String(runs++));
async function run(more: TrainFoldsOptions): Promise<TrainFoldsEvent[]> {
  const events: TrainFoldsEvent[] = [];
  for await (const event of trainFolds(more)) events.push(event);
  return events;
}
const folds = (runDir: string, count = 3) =>
  Array.from({ length: count }, (_, i) => resultOf(join(runDir, "folds", String(i + 1))));

/** What two sets of equal folds have in common. */
const resultOfSet = (runDir: string) => ({ set: readFoldSet(runDir), folds: folds(runDir) });

/** The temperature that a fold was calibrated at. */
const temperatureOf = (runDir: string): number =>
  JSON.parse(readFileSync(join(runDir, "calibration.json"), "utf8")).temperature;

let uninterrupted: string;
let events: TrainFoldsEvent[];

beforeAll(async () => {
  set = await trainingSet(8, 3);
  uninterrupted = newRun();
  events = await run({ ...options, data: set.path, run: uninterrupted, folds: 3 });
}, 300_000);
afterAll(() => set.remove());

describe("all folds", () => {
  it("are ordinary runs, each validated on other images, which together are all of them", async () => {
    const seen: string[] = [];
    for (const fold of [1, 2, 3]) {
      const { data } = readPlan(join(uninterrupted, "folds", String(fold)));
      expect(data.options).toEqual({ fold: { index: fold, count: 3 } });
      const { splits } = await openDataset(data.path, data.options);
      expect(data.images).toEqual({ train: splits.train!.length, val: splits.val!.length });
      seen.push(...splits.val!.map(({ image }) => image));
    }
    expect(seen).toHaveLength(11);
    expect(new Set(seen).size).toBe(11);
  });

  it("are scored by their best weights, with mean, spread and all pixels together", async () => {
    const { folds: scored, summary } = readFoldSet(uninterrupted);
    expect(scored.map(({ fold, images }) => [fold, images])).toEqual([
      [1, 4],
      [2, 4],
      [3, 3],
    ]);
    const pooled = new ConfusionMatrix(3, { ignoreIndex: 255 });
    const ious: number[] = [];
    for (const { run: name, scores } of scored) {
      const model = join(uninterrupted, name);
      let report: EvaluationReport | undefined;
      for await (const event of evaluateModel({ model, split: "val", device: "cpu", threads: 1 }))
        if (event.kind === "end") report = event.report;
      expect(scores.meanIou).toBe(report!.scores.meanIou);
      ious.push(report!.scores.meanIou);
      pooled.merge(ConfusionMatrix.fromJSON(report!.confusion));
    }
    const mean = ious.reduce((sum, iou) => sum + iou, 0) / 3;
    expect(summary!.mean.meanIou).toBeCloseTo(mean, 12);
    expect(summary!.spread.meanIou).toBeCloseTo(Math.sqrt(ious.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2), 12);
    expect(summary!.pooled.scores.meanIou).toBe(scoreTable(pooled).meanIou);
    // All 11 images of 24x32.
    expect(pooled.counts.reduce((sum, count) => sum + count, 0)).toBe(11 * 24 * 32);
  });

  it("have a report with all curves and the pooled confusion matrix", () => {
    expect(events.at(-1)).toMatchObject({ kind: "end", file: join(uninterrupted, "report.html") });
    const report = readFileSync(join(uninterrupted, "report.html"), "utf8");
    for (const part of ["mIoU, mean of folds", "fold 3", "Confusion matrix", "11 images, each out of fold"])
      expect(report).toContain(part);
  });

  it("give the same weights and scores when they are trained again", async () => {
    const again = newRun();
    await run({ ...options, data: set.path, run: again, folds: 3 });
    expect(resultOfSet(again)).toEqual(resultOfSet(uninterrupted));
  });
});

describe("folds that are stopped and resumed", () => {
  it("end as those that never stopped, wherever the signal comes", async () => {
    const runDir = newRun();
    let next: TrainFoldsOptions = { ...options, data: set.path, run: runDir, folds: 3 };
    // In the middle of the first fold, in the scoring of the second, in the middle of the third.
    for (const at of [5, steps + 1, steps + 4]) {
      const stop = new AbortController();
      let seen = 0;
      let last: TrainFoldsEvent | undefined;
      for await (const event of trainFolds({ ...next, signal: stop.signal })) {
        const isStep = event.kind === "training" && event.event.kind === "step";
        if ((isStep || event.kind === "scoring") && ++seen === at) stop.abort();
        last = event;
      }
      expect(last).toEqual({ kind: "end", reason: "stopped" });
      next = { resume: runDir };
    }
    await run(next);
    expect(resultOfSet(runDir)).toEqual(resultOfSet(uninterrupted));
  });

  it("end the same after SIGKILL in every fold and right after a fold", async () => {
    const runDir = newRun();
    const network = ["--model", "unet", "--set", "width=2", "--set", "depth=2", "--size", "24x32", "--batch", "2"];
    const machine = ["--device", "cpu", "--threads", "1", "--workers", "0", "--no-doctor", "--json"];
    const length = ["--steps", String(steps), "--checkpoint-every", "4"];
    const kills = [
      '"kind":"fold","fold":1',
      '"step":7',
      '"kind":"scored","fold":1',
      '"fold":2,"event":{"kind":"step","step":9',
    ];
    for (let i = 0; ; i++) {
      const strike = (line: string, child: ChildProcess): void => {
        if (kills[i] !== undefined && line.includes(kills[i]!)) child.kill("SIGKILL");
      };
      const args = isFoldSet(runDir)
        ? ["--resume", runDir, "--json"]
        : [set.path, "--run", runDir, "--folds", "3", ...network, ...length, ...machine];
      const { code, signal, stderr } = await segkit(["train", ...args], strike).ended;
      if (i < kills.length) expect(signal, stderr).toBe("SIGKILL");
      else {
        expect(code, stderr).toBe(0);
        break;
      }
    }
    expect(resultOfSet(runDir)).toMatchObject({ folds: folds(uninterrupted) });
    expect(readFoldSet(runDir).summary).toEqual(readFoldSet(uninterrupted).summary);
  });

  it("are made longer together, whichever fold the new length reaches first", async () => {
    const [longer, atOnce] = [newRun(), newRun()];
    await run({ ...options, steps: 4, data: set.path, run: longer, folds: 2 });
    const stop = new AbortController();
    for await (const event of trainFolds({ resume: longer, steps: 8, signal: stop.signal }))
      if (event.kind === "training" && event.event.kind === "step") stop.abort();
    await run({ resume: longer });
    for (const fold of ["1", "2"]) expect(resultOf(join(longer, "folds", fold)).last.place).toMatchObject({ step: 8 });
    await run({ ...options, steps: 8, data: set.path, run: atOnce, folds: 2 });
    expect(readFoldSet(longer).folds.map(({ images }) => images)).toEqual(
      readFoldSet(atOnce).folds.map(({ images }) => images),
    );
  });
});

describe("folds of a data set that changed", () => {
  it("do not go on, in the fold that was begun nor in the next", async () => {
    const other = await trainingSet(4, 2);
    const begun = other.at("runs", "folds");
    const stop = new AbortController();
    for await (const event of trainFolds({ ...options, data: other.path, run: begun, folds: 2, signal: stop.signal }))
      if (event.kind === "training" && event.event.kind === "step" && event.event.step === 5) stop.abort();
    const rename = (from: number, to: number): void => {
      for (const kind of ["images", "masks"])
        renameSync(other.at(`train/${kind}/${from}.png`), other.at(`train/${kind}/${to}.png`));
    };
    rename(0, 9);
    await expect(run({ resume: begun })).rejects.toThrow(/other ones in (train|val).*; expected the images that/);
    rename(9, 0);

    const whole = readFoldSet(begun);
    await run({ resume: begun });
    writeFoldSet(begun, { ...readFoldSet(begun), folds: readFoldSet(begun).folds.slice(0, 1), summary: null });
    rmSync(join(begun, "folds", "2"), { recursive: true });
    rename(0, 9);
    await expect(run({ resume: begun })).rejects.toThrow(/other ones; expected the images that the first fold/);
    expect(whole.data).toMatch(/^[0-9a-f]{64}$/);
    other.remove();
  });
});

describe("folds at prediction", () => {
  it("are averaged by evaluation and prediction, which say that they have seen the images", async () => {
    let report: EvaluationReport | undefined;
    const model = uninterrupted;
    for await (const event of evaluateModel({ model, split: "val", device: "cpu", threads: 1 }))
      if (event.kind === "end") report = event.report;
    expect(report!.notes.join()).toContain("folds.json");
    expect(report!.notes.join()).toContain("not kept for segkit runs");
    expect(existsSync(join(uninterrupted, "scores"))).toBe(false);
    const { temperatures } = report!;
    expect(temperatures).toEqual([1, 2, 3].map((fold) => temperatureOf(join(uninterrupted, "folds", String(fold)))));
    // The three images of the set's own split val.
    expect(report!.images).toHaveLength(3);
    const inputs = [set.at("val/images/0.png")];
    const members = [1, 2, 3].map((fold) => join(uninterrupted, "folds", String(fold)));
    const maps: Buffer[] = [];
    for (const [i, one] of [model, members, ...members].entries()) {
      const out = set.at("out", String(i));
      for await (const _ of predictFiles({ model: one, inputs, out, probabilities: true, device: "cpu", threads: 1 }));
      maps.push(readFileSync(join(out, "probabilities", "0.npy")));
    }
    const numbers = maps.map(
      (bytes) => new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + bytes.length)),
    );
    const [whole, listed, ...each] = numbers as [Float32Array, Float32Array, ...Float32Array[]];
    expect(listed).toEqual(whole);
    const mean = whole.map((_, i) => each.reduce((sum, data) => sum + data[i]!, 0) / 3);
    expect(whole).toBeAllclose(mean, { rtol: 1e-4, atol: 1e-5 });
  });

  it("are exported as one model, with the same masks, after each was compared with its run", async () => {
    let done = 0;
    const out = set.at("folds.onnx");
    for await (const event of exportModel({ run: uninterrupted, out, device: "cpu", threads: 1 })) {
      if (event.kind === "image") done++;
      if (event.kind !== "end") continue;
      expect(event.report.gate).toMatchObject({ images: 11, agreement: 1 });
      expect(event.report.info).toMatchObject({ name: "unet", provenance: { folds: 3, run: "0" } });
    }
    expect(done).toBe(11);
    const inputs = [set.at("val/images/0.png")];
    const masks: Buffer[] = [];
    for (const [i, model] of [uninterrupted, out].entries()) {
      const folder = set.at("exported", String(i));
      for await (const _ of predictFiles({ model, inputs, out: folder, device: "cpu", threads: 1 }));
      masks.push(readFileSync(join(folder, "0.png")));
    }
    expect(masks[1]).toEqual(masks[0]);
  });

  it("take commas on the command line", async () => {
    const models = [1, 2].map((fold) => join(uninterrupted, "folds", String(fold))).join(",");
    const out = set.at("cli");
    const args = ["predict", models, set.at("val/images/0.png"), "--out", out, "--device", "cpu", "--json"];
    const { code, stdout, stderr } = await segkit(args).ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: models });
    expect(existsSync(join(out, "0.png"))).toBe(true);
  });

  it("are refused before all are trained", async () => {
    const runDir = newRun();
    const stop = new AbortController();
    stop.abort();
    await run({ ...options, data: set.path, run: runDir, folds: 2, signal: stop.signal });
    await expect(evaluateModel({ model: runDir, device: "cpu" }).next()).rejects.toThrow(CheckpointError);
  });
});

describe("folds in the record", () => {
  it("are a run beside the runs of each, whose scores on other images are kept and compared", async () => {
    const other = await trainingSet(1, 3);
    const data = basename(other.path);
    const member = join(uninterrupted, "folds", "1");
    for (const model of [uninterrupted, member])
      for await (const _ of evaluateModel({ model, data: other.path, split: "val", device: "cpu", threads: 1 }));
    other.remove();
    const folder = set.at("runs");
    const { runs: listed } = await listRuns({ folder, filters: ["name=0*"] });
    const names = listed.map(({ run: { name } }) => name);
    expect(names.sort()).toEqual(["0", "0/folds/1", "0/folds/2", "0/folds/3"]);
    const { fields } = listed.find(({ run: { name } }) => name === "0")!;
    const { mean, spread, pooled } = readFoldSet(uninterrupted).summary!;
    expect(Object.fromEntries(fields)).toMatchObject({
      ...{ status: "finished", folds: 3, steps: 3 * steps, model: "unet" },
      "folds.mean.mIoU": mean.meanIou,
      "folds.spread.mIoU": spread.meanIou,
      "folds.pooled.mIoU": pooled.scores.meanIou,
    });
    expect(fields.get(`${data}/val.mIoU`)).toBeGreaterThan(0);
    const { scores, facts } = compareRuns({ first: uninterrupted, second: member, folder });
    expect(scores).toMatchObject({ data, split: "val", images: 3 });
    expect(facts).toContainEqual({ field: "folds", first: 3 });
    expect(existsSync(join(uninterrupted, "folds", "segkit.db"))).toBe(false);
  });
});

describe("folds that cannot be", () => {
  it("are refused, and leave no folder", async () => {
    const runDir = newRun();
    const given = { ...options, data: set.path, run: runDir };
    await expect(run({ ...given, folds: 1 })).rejects.toThrow("a whole number of folds, 2 or more");
    await expect(run({ ...given, folds: 12 })).rejects.toThrow("at least 12 images for 12 folds");
    const both = { ...given, folds: 2, fold: { index: 1, count: 2 } };
    await expect(run(both)).rejects.toThrow("either all folds or one of them");
    await expect(run({ ...given, folds: 2, model: "unett" })).rejects.toThrow(UsageError);
    expect(existsSync(runDir)).toBe(false);
  });

  it("are refused where there is a run, or something else", async () => {
    await expect(run({ ...options, data: set.path, run: uninterrupted, folds: 3 })).rejects.toThrow(
      "holds other files",
    );
    const other = newRun();
    mkdirSync(other, { recursive: true });
    writeFileSync(foldSetFile(other), "{}");
    await expect(run({ resume: other })).rejects.toThrow(CheckpointError);
    await expect(run({ resume: uninterrupted, folds: 4 })).rejects.toThrow("folds with resume");
  });

  it("are wrong usage on the command line", () => {
    const wrong = (...args: string[]) =>
      spawnSync(process.execPath, [program, "train", set.path, "--run", newRun(), ...args], { encoding: "utf8" });
    const one = wrong("--folds", "1");
    expect([one.status, one.stderr]).toEqual([2, expect.stringContaining("at least 2")]);
    const both = wrong("--folds", "3", "--fold", "1/3");
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining("--fold")]);
  });
});
