/** @file plan.json: what is written is read, old versions are brought up, and what does not fit is named. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError } from "../errors/index.js";
import { labelledOnly, type Plan, parsePlan, planFile, readPlan, writePlan } from "./plan.js";

const because = <T>(value: T): { value: T; reason: string } => ({ value, reason: "given" });

const plan: Plan = {
  version: 1,
  data: {
    path: "data/street",
    name: "street",
    options: { fold: 0 },
    classes: [
      { name: "road", colour: [128, 64, 128] },
      { name: "car", colour: [0, 0, 142] },
    ],
    ignoreIndex: 255,
    channels: 3,
    images: { train: 60, val: 20 },
  },
  model: because("unet"),
  modelOptions: because({ encoder: "resnet34" }),
  size: because([144, 192]),
  inputRule: because("resize"),
  normalise: because({ mean: [100, 110, 120], std: [50, 51, 52] }),
  trainTransforms: because([{ name: "flip", p: 0.5 }]),
  pseudoTransforms: because(null),
  mix: because(null),
  evalTransforms: because([]),
  batch: because(4),
  accumulate: because(1),
  length: because({ unit: "epochs", count: 40 }),
  optimizer: because({ name: "sgd", momentum: 0.9 }),
  learningRate: because(0.01),
  schedule: because({ name: "poly", power: 0.9 }),
  loss: because([{ name: "crossEntropy" }]),
  sampling: { value: { rule: "uniform", weights: null }, reason: "each image once in an epoch" },
  clipping: because({}),
  parameterGroups: because([]),
  weights: because({ source: "imagenet:resnet34", sha256: "b627a593", partial: false }),
  freeze: because("stages:2"),
  frozenNorm: because("encoder"),
  method: { value: null, reason: labelledOnly },
  ema: because(0),
  patience: because(0),
  validateEvery: because(15),
  checkpointEvery: because(5),
  seed: because(1),
  device: because("cpu"),
  threads: because(2),
  workers: because(1),
};

/** The plan as JSON with one place changed. */
function changed(path: string, value: unknown): { [key: string]: unknown } {
  const copy = structuredClone(plan) as unknown as { [key: string]: unknown };
  const keys = path.split(".");
  let place = copy;
  for (const key of keys.slice(0, -1)) place = place[key] as { [key: string]: unknown };
  if (value === undefined) delete place[keys.at(-1)!];
  else place[keys.at(-1)!] = value;
  return copy;
}

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "segkit-plan-"));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

describe("plan", () => {
  it("is read as it was written", () => {
    writePlan(run, plan);
    expect(readPlan(run)).toEqual(plan);
  });

  const wrong: [path: string, value: unknown, message: string][] = [
    [
      "learningrate",
      because(0.1),
      "has an unknown choice learningrate; expected a plan of version 1. Did you mean learningRate",
    ],
    ["data.chanels", 3, "has an unknown choice data.chanels; expected a plan of version 1. Did you mean channels"],
    [
      "normalise.value.sdt",
      [],
      "has an unknown choice normalise.value.sdt; expected a plan of version 1. Did you mean std",
    ],
    ["data.classes.0.color", [1, 2, 3], "data.classes.0.color; expected a plan of version 1. Did you mean colour"],
    ["batch.reasons", "", "Did you mean reason"],
    ["zzzzzzzzzzzzzzzzzzzzzzzz", 1, "Remove it"],
    ["batch", undefined, "batch"],
    ["batch.reason", undefined, "batch.reason"],
    ["batch.value", 0, "batch.value"],
    ["length.value.unit", "hours", "length.value.unit"],
    ["data.classes", [], "data.classes"],
    ["normalise.value.mean", [1], "normalise.value.mean has 1 numbers for 3 channels"],
    ["normalise.value.std", [1, 1, 1, 1], "normalise.value.std has 4 numbers for 3 channels"],
    ["freeze.value", "stages:0", "freeze.value expected none, encoder or stages:N"],
    ["version", 2, "has version 2; expected a plan of version 1. Install a newer Segkit"],
    ["version", 0, "has version 0"],
    ["version", undefined, "version"],
  ];
  it.each(wrong)("is refused with %s = %j", (path, value, message) => {
    expect(() => parsePlan(changed(path, value), "plan.json")).toThrow(CheckpointError);
    expect(() => parsePlan(changed(path, value), "plan.json")).toThrow(message);
  });

  it.each([null, 3, "plan"])("is refused when it is %j", (given) => {
    expect(() => parsePlan(given, "plan.json")).toThrow("plan.json holds no plan");
  });

  it("from before there were starting weights begins at random and trains everything", () => {
    const { weights: _, freeze: __, frozenNorm: ___, ...before } = changed("seed", because(1));
    const { weights, freeze, frozenNorm } = parsePlan(before, "plan.json");
    expect([weights.value, freeze.value, frozenNorm.value]).toEqual([null, "none", "frozen"]);
  });

  it("of an older version is brought up one version after the other", () => {
    const { batch, ...rest } = changed("version", -1);
    const upgraders = {
      [-1]: (old: { [key: string]: unknown }) => ({
        ...old,
        version: 0,
        batchSize: old.size_of_batch,
        size_of_batch: undefined,
      }),
      0: ({ batchSize, size_of_batch: _, ...old }: { [key: string]: unknown }) => ({
        ...old,
        version: 1,
        batch: because(batchSize),
      }),
    };
    expect(parsePlan({ ...rest, size_of_batch: 4 }, "plan.json", upgraders)).toEqual({ ...plan, batch });
  });

  it("is refused when there is none, or it is no JSON", () => {
    expect(() => readPlan(run)).toThrow(`${run} has none`);
    writeFileSync(planFile(run), '{"version": 1,');
    expect(() => readPlan(run)).toThrow("is damaged");
  });
});
