import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { segkit } from "../../test/segkit.js";
import { type SmallSet, smallSet } from "../../test/small-sets.js";
import { planFor, writeRun, writeSet } from "../../test/tiny-run.js";
import { trainingSet } from "../../test/training-set.js";
import { DataError, FileError, UsageError } from "../errors/index.js";
import { readSessions } from "../record/run-file.js";
import { type EvaluateModelOptions, evaluateModel } from "./evaluate.js";
import type { EvaluationReport } from "./evaluation-json.js";
import { finishRun } from "./finish.js";
import { compareRuns, listRuns } from "./runs.js";
import { type TrainEvent, train } from "./train.js";

async function evaluated(options: EvaluateModelOptions): Promise<EvaluationReport> {
  let report: EvaluationReport | undefined;
  for await (const event of evaluateModel({ threads: 1, device: "cpu", ...options }))
    if (event.kind === "end") report = event.report;
  return report!;
}

describe("two trained runs", () => {
  let set: SmallSet;
  let folder: string;
  const events: TrainEvent[] = [];
  /** Mean IoU that the report at the end of each says. */
  const reported = new Map<string, number>();

  beforeAll(async () => {
    set = await trainingSet(6, 3);
    folder = set.at("runs");
    const small = {
      set: { width: 2, depth: 2 },
      batch: 2,
      threads: 1,
      workers: 0,
      doctor: false,
      device: "cpu" as const,
    };
    for (const [name, lr] of [
      ["slow", 1e-4],
      ["fast", 1e-2],
    ] as const) {
      for await (const event of train({ data: set.path, run: join(folder, name), lr, steps: 6, ...small }))
        events.push(event);
      for await (const event of finishRun({ run: join(folder, name) }))
        if (event.kind === "report") reported.set(name, event.meanIou);
    }
  }, 120_000);
  afterAll(() => set.remove());

  it("say where and on what they were made, and nothing of trouble with the record", () => {
    const [slow, fast] = ["slow", "fast"].map((name) => readSessions(join(folder, name)));
    expect(slow).toHaveLength(1);
    expect(slow![0]).toMatchObject({ reason: "finished", fromStep: 0, toStep: 6, process: process.pid });
    expect(slow![0]!.data).toEqual(fast![0]!.data);
    expect(Object.keys(slow![0]!.data.splits)).toEqual(["train", "val"]);
    expect(events.filter(({ kind }) => kind === "note")).toEqual([]);
    expect(existsSync(join(folder, "segkit.db"))).toBe(true);
  });

  it("are listed with their scores, the best first", async () => {
    const { runs, columns, notes, total } = await listRuns({ folder, sort: "val" });
    expect(columns).toEqual(["name", "status", "model", "data", "steps", "epochs", "minutes", "val", "test"]);
    expect(total).toBe(2);
    expect(notes).toEqual([]);
    const scores = runs.map(({ fields }) => fields.get("val") as number);
    expect(scores[0]).toBeGreaterThanOrEqual(scores[1]!);
    for (const { run, fields } of runs) expect(fields.get("val.mIoU")).toBe(reported.get(run.name));
  });

  it("are compared on the images that their reports scored", () => {
    const { plan, scores } = compareRuns({ first: "slow", second: join(folder, "fast"), folder });
    expect(plan).toEqual([{ field: "learningRate", first: 1e-4, second: 1e-2 }]);
    expect(scores).toMatchObject({ split: "val", images: 3 });
    expect(scores!.mean.low).toBeLessThanOrEqual(scores!.mean.difference);
    expect(scores!.mean.high).toBeGreaterThanOrEqual(scores!.mean.difference);
  });

  it("goes on as one more session of the run", async () => {
    const run = join(folder, "longer");
    cpSync(join(folder, "slow"), run, { recursive: true });
    for await (const _ of train({ resume: run, steps: 8 }));
    expect(readSessions(run).map(({ fromStep, toStep }) => [fromStep, toStep])).toEqual([
      [0, 6],
      [6, 8],
    ]);
    const { runs } = await listRuns({ folder, filters: ["name=longer"] });
    expect(runs[0]!.fields.get("steps")).toBe(8);
    rmSync(run, { recursive: true });
  });
});

describe("evaluations of runs", () => {
  const set = smallSet();
  const folder = set.at("runs");
  const run = join(folder, "a");

  beforeAll(async () => {
    await writeSet(set);
    writeRun(run, await planFor(set.path));
    writeRun(join(folder, "b"), await planFor(set.path, { seed: 2 }));
  });
  afterAll(() => set.remove());

  it("keep whole numbers of pixels, from which the scores of the report follow", async () => {
    const report = await evaluated({ model: run, split: "test" });
    const { images, classes } = JSON.parse(readFileSync(join(run, "scores", "test.json"), "utf8"));
    expect(classes).toEqual(["ground", "disk", "bar"]);
    expect(images.map(({ name }: { name: string }) => name)).toEqual(["0", "1", "2"]);
    const sum = (field: string, k: number): number =>
      images.reduce((total: number, image: { [field: string]: number[] }) => total + image[field]![k]!, 0);
    for (const k of [0, 1, 2]) {
      expect(sum("truth", k)).toBe(report.scores.classes[k]!.truthPixels);
      expect(sum("intersections", k) / sum("unions", k)).toBe(report.scores.classes[k]!.iou);
    }
    expect(Object.keys(report.images[0]!)).toEqual(["name", "counted", "pixelAccuracy", "meanIou"]);
    const { runs } = await listRuns({ folder, filters: ["test>=0"] });
    expect(runs.map(({ fields }) => [fields.get("name"), fields.get("test")])).toEqual([["a", report.scores.meanIou]]);
  });

  it("on another data set stand apart", async () => {
    const other = smallSet();
    const data = other.at("others");
    cpSync(set.path, data, { recursive: true, filter: (path) => !path.startsWith(folder) });
    const report = await evaluated({ model: run, data, split: "val" });
    expect(existsSync(join(run, "scores", "others", "val.json"))).toBe(true);
    const { runs } = await listRuns({ folder, filters: ["name=a"] });
    expect(runs[0]!.fields.get("others/val.mIoU")).toBe(report.scores.meanIou);
    other.remove();
  });

  it("of other images are not compared", async () => {
    await evaluated({ model: join(folder, "b"), split: "val" });
    await evaluated({ model: run, split: "val", size: [24, 20] });
    expect(() => compareRuns({ first: "a", second: "b", folder })).toThrow(DataError);
    expect(() => compareRuns({ first: "a", second: "b", folder })).toThrow(
      "a was scored at 24x20, b at the size of each mask",
    );
  });
});

describe("bad input", () => {
  const set = smallSet();
  afterAll(() => set.remove());

  it("is refused with what to do", async () => {
    mkdirSync(set.at("empty"));
    await expect(listRuns({ folder: set.at("empty") })).rejects.toThrow(UsageError);
    await expect(listRuns({ folder: set.at("empty") })).rejects.toThrow("holds none");
    await expect(listRuns({ folder: set.at("gone") })).rejects.toThrow(FileError);
    await writeSet(set);
    writeRun(set.at("runs", "first"), await planFor(set.path));
    const folder = set.at("runs");
    await expect(listRuns({ folder: join(folder, "first") })).rejects.toThrow("is itself a run");
    await expect(listRuns({ folder, columns: ["nmae"] })).rejects.toThrow("Did you mean name");
    await expect(listRuns({ folder, sort: "learningrate" })).rejects.toThrow("Did you mean learningRate");
    await expect(listRuns({ folder, filters: ["modle=unet"] })).rejects.toThrow("Did you mean model");
    expect(() => compareRuns({ first: "frist", second: "first", folder })).toThrow("Did you mean first?");
    expect(() => compareRuns({ first: set.at("train"), second: "first", folder })).toThrow("it has no plan.json");
  });
});

describe("segkit runs", () => {
  const set = smallSet();
  const folder = set.at("runs");
  beforeAll(async () => {
    await writeSet(set);
    for (const [name, lr] of [
      ["a", 0.1],
      ["b", 0.2],
    ] as const) {
      writeRun(join(folder, name), await planFor(set.path, { lr }));
      await evaluated({ model: join(folder, name), split: "val" });
    }
  });
  afterAll(() => set.remove());

  it("prints a table, JSON, CSV and a page", async () => {
    const files = ["--csv", set.at("runs.csv"), "--html", set.at("runs.html"), "--json", set.at("runs.json")];
    const shown = ["--filter", "learningRate>0.1", "--columns", "name,learningRate,val.mIoU"];
    const { code, stdout, stderr } = await segkit(["runs", folder, ...shown, ...files]).ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 of 2 runs")]);
    expect(stdout).toMatch(/^name {2}learningRate {2}val.mIoU\nb {14,}0\.2 {4}0\.\d{4}$/);
    expect(readFileSync(set.at("runs.csv"), "utf8")).toMatch(/^name,learningRate,val.mIoU\r\nb,0.2,0\.\d{6,}\r\n$/);
    expect(readFileSync(set.at("runs.html"), "utf8")).toContain("<!doctype html>");
    expect(JSON.parse(readFileSync(set.at("runs.json"), "utf8"))).toMatchObject({
      version: 1,
      total: 2,
      runs: [{ name: "b", model: "unet", learningRate: 0.2 }],
    });
  });

  it("diff prints tables, or JSON alone", async () => {
    const text = await segkit(["runs", "diff", "a", "b", "--dir", folder]).ended;
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^choice +a +b\nlearningRate +0\.1 +0\.2\n/);
    expect(text.stdout).toMatch(/mean +0\.\d{4} +0\.\d{4} +\+0\.0000 +\+0\.0000 \.\.\. \+0\.0000/);
    const json = await segkit(["runs", "diff", "a", "b", "--dir", folder, "--json"]).ended;
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: 1,
      runs: ["a", "b"],
      scores: { split: "val", images: 3 },
    });
  });

  it("diff refuses options of lists", async () => {
    const { code, stderr } = await segkit(["runs", "diff", "a", "b", "--sort", "val"]).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining("--sort with segkit runs diff")]);
  });
});
