import { existsSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallSet } from "../../test/small-sets.js";
import { onCpu, weightsOf } from "../../test/tiny-network.js";
import { planFor, writeRun, writeSet } from "../../test/tiny-run.js";
import { CheckpointError, DataError, ExportError } from "../errors/index.js";
import { readBundle } from "../predict/bundle.js";
import { openModel } from "../predict/open-model.js";
import { saveCheckpoint } from "../train/checkpoint.js";
import { type Plan, writePlan } from "../train/plan.js";
import { startOfRun } from "../train/progress.js";
import { networkOf } from "../train/run.js";
import { evaluateModel } from "./evaluate.js";
import type { EvaluationReport } from "./evaluation-json.js";
import { type ExportOptions, type ExportReport, exportModel } from "./export.js";

const set = smallSet();
let plan: Plan;

beforeAll(async () => {
  await writeSet(set);
  plan = await planFor(set.path);
});
afterAll(() => set.remove());

async function run(options: ExportOptions): Promise<ExportReport> {
  let report: ExportReport | undefined;
  for await (const event of exportModel({ device: "cpu", threads: 1, ...options }))
    if (event.kind === "end") report = event.report;
  return report!;
}

async function scores(model: string, split = "test"): Promise<EvaluationReport> {
  let report: EvaluationReport | undefined;
  for await (const event of evaluateModel({ model, data: set.path, split, device: "cpu", threads: 1 }))
    if (event.kind === "end") report = event.report;
  return report!;
}

describe("exportModel", () => {
  it("writes a bundle whose masks are the run's, at sizes of training and others", async () => {
    const runDir = set.at("runs/plain");
    writeRun(runDir, plan);
    const { gate, file, info } = await run({ run: runDir });
    expect(file).toBe(`${runDir}/model.onnx`);
    expect(gate.images).toBe(3);
    expect(gate.agreement).toBeGreaterThanOrEqual(0.999);
    expect(gate.meanIou!.bundle).toBeCloseTo(gate.meanIou!.run, 3);
    expect(gate.otherSizes.map(({ height, width }) => [height, width])).toEqual([
      [39, 33],
      [61, 63],
    ]);
    expect(readBundle(readFileSync(file)).info).toEqual(info);
    expect(info.provenance).toMatchObject({ run: "plain", model: "unet", step: 7, validationMeanIou: 0.25 });
    expect(JSON.stringify(info)).not.toContain(set.path);
  });

  it("fits a temperature when asked to, which the bundle carries as long as the weights are those", async () => {
    const runDir = set.at("runs/sure");
    writePlan(runDir, plan);
    // A network of chance that is right on half of the pixels; below that no temperature is better than another.
    const state = { ...startOfRun, step: 7, best: { score: 0.25, step: 7 } };
    saveCheckpoint(runDir, "best", { weights: weightsOf(networkOf(plan), 5), state });
    expect((await run({ run: runDir })).info.calibration).toBeUndefined();
    const { info, gate } = await run({ run: runDir, calibrate: true });
    expect(gate.agreement).toBe(1);
    const kept = JSON.parse(readFileSync(`${runDir}/calibration.json`, "utf8"));
    expect(kept).toMatchObject({ checkpoint: "best", step: 7, split: "val", images: 3 });
    // All labelled pixels: two masks of 47 rows, one of 60, as the last row is void.
    expect(kept.after.pixels).toBe(2 * 47 * 40 + 60 * 57);
    expect(kept.after.nll).toBeLessThan(kept.before.nll);
    expect(kept.after.accuracy).toBe(kept.before.accuracy);
    expect(info.calibration).toEqual({
      temperature: kept.temperature,
      split: "val",
      pixels: kept.after.pixels,
      ece: { before: kept.before.ece, after: kept.after.ece },
    });
    const val = await scores(`${runDir}/model.onnx`, "val");
    expect(val.calibration.nll).toBeCloseTo(kept.after.nll, 5);
    expect(val.temperature).toBe(kept.temperature);
    set.text("runs/sure/calibration.json", { ...kept, step: 8 });
    expect((await run({ run: runDir })).info.calibration).toBeUndefined();
    set.text("runs/sure/calibration.json", "{");
    await expect(run({ run: runDir })).rejects.toThrow(CheckpointError);
  });

  it("refuses to fit a temperature where there is no validation split", async () => {
    const bare = smallSet();
    await writeSet(bare);
    // Of a single image none can be split off.
    rmSync(bare.at("val"), { recursive: true });
    for (const id of ["1", "2", "3"])
      for (const part of ["images", "masks"]) rmSync(bare.at("train", part, `${id}.png`));
    const runDir = bare.at("runs/bare");
    writeRun(runDir, await planFor(bare.path));
    const exporting = run({ run: runDir, calibrate: true });
    await expect(exporting).rejects.toThrow(DataError);
    await expect(exporting).rejects.toThrow(
      "there is none; expected a validation split to fit the temperature on. Export without --calibrate.",
    );
    bare.remove();
  });

  it("and the run folder itself score the same", async () => {
    const runDir = set.at("runs/same");
    writeRun(runDir, plan);
    await run({ run: runDir, out: set.at("same.onnx") });
    const [bundle, folder] = [await scores(set.at("same.onnx")), await scores(runDir)];
    expect(bundle.confusion).toEqual(folder.confusion);
  });

  it("exports networks for tiles, and networks whose output is the middle of their input", async () => {
    const tiles = await planFor(set.path, { inputRule: "tiles", size: [32, 32] });
    writeRun(set.at("runs/tiles"), tiles);
    expect((await run({ run: set.at("runs/tiles") })).info.input).toEqual({
      rule: "tiles",
      height: 32,
      width: 32,
      overlap: 0.5,
    });
    const paper = { ...tiles, model: { value: "unet-paper", reason: "given" } };
    paper.modelOptions = { value: { width: 4, depth: 2, dropout: 0, batchNorm: false }, reason: "given" };
    writeRun(set.at("runs/middle"), paper);
    const { info, gate } = await run({ run: set.at("runs/middle") });
    // Two levels lose 4 + 4*2 + 4 = 16 pixels: 8 on each side.
    expect(info.middle).toEqual({ height: 32, width: 32, margin: 8 });
    expect(gate.agreement).toBeGreaterThanOrEqual(0.999);
    expect(gate.otherSizes[0]).toMatchObject({ height: 34, width: 32 });
  });

  it("takes the moving average of the weights where the run keeps one", async () => {
    const averaged = { ...plan, ema: { value: 0.99, reason: "given" } };
    const ema = weightsOf(networkOf(plan), 99);
    writeRun(set.at("runs/ema"), averaged, { ema });
    const { file, info } = await run({ run: set.at("runs/ema") });
    expect(info.provenance.averagedWeights).toBe(true);
    const { graph } = readBundle(readFileSync(file)).model;
    const [name, tensor] = [...ema][0]!;
    const stored = graph.initializer.find((candidate) => candidate.name === name)!.rawData!;
    expect(new Float32Array(Uint8Array.from(stored).buffer)).toEqual(tensor.data);
  });

  it("writes nothing when the masks differ", async () => {
    // A run that validated with another normalisation than the one it declares.
    const untrue = {
      ...plan,
      normalise: { value: { mean: [0, 0, 0], std: [500, 500, 500] }, reason: "wrong on purpose" },
    };
    writeRun(set.at("runs/untrue"), untrue);
    const exporting = run({ run: set.at("runs/untrue") });
    await expect(exporting).rejects.toThrow(ExportError);
    await expect(exporting).rejects.toThrow(/only [\d.]+ % of the pixels have the same class/);
    expect(existsSync(set.at("runs/untrue/model.onnx"))).toBe(false);
  });

  it("says what is missing: a checkpoint, the network's tensors, the data set", async () => {
    writePlan(set.at("runs/empty"), plan);
    await expect(run({ run: set.at("runs/empty") })).rejects.toThrow("has none yet");
    const other = { ...plan, modelOptions: { value: { ...plan.modelOptions.value, width: 8 }, reason: "other" } };
    writeRun(set.at("runs/other"), plan);
    writePlan(set.at("runs/other"), other);
    await expect(run({ run: set.at("runs/other") })).rejects.toThrow(CheckpointError);
    await expect(run({ run: set.at("runs/other") })).rejects.toThrow("holds the tensors of another network");
    writeRun(set.at("runs/moved"), { ...plan, data: { ...plan.data, path: set.at("gone") } });
    await expect(run({ run: set.at("runs/moved") })).rejects.toThrow(DataError);
    await expect(run({ run: set.at("runs/moved") })).rejects.toThrow("Say where it is now with --data DIR");
    expect((await run({ run: set.at("runs/moved"), data: set.path, images: 1 })).gate.images).toBe(1);
  });
});

describe("openModel", () => {
  it("takes the last checkpoint where no validation made a best one", async () => {
    const runDir = set.at("runs/last");
    writePlan(runDir, plan);
    saveCheckpoint(runDir, "last", { weights: weightsOf(networkOf(plan)), state: startOfRun });
    const { predictor } = await openModel(runDir, await onCpu());
    expect(predictor.info.provenance.checkpoint).toBe("last");
    await predictor.close();
  });

  it("names the nearest file when there is none, and the file that is no bundle", async () => {
    const options = await onCpu();
    set.text("notes.txt", "not a model");
    set.text("model.onnx", "not a model");
    await expect(openModel(set.at("modle.onnx"), options)).rejects.toThrow(`Did you mean ${set.at("model.onnx")}?`);
    await expect(openModel(set.at("notes.txt"), options)).rejects.toThrow(`${set.at("notes.txt")}: bytes that do not`);
    await expect(openModel(set.at("train"), options)).rejects.toThrow("expected a run folder with plan.json");
  });
});
