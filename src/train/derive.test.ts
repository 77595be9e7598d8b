import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../data/dataset.js";
import { type Survey, surveyDataset } from "../data/doctor/survey.js";
import { UsageError } from "../errors/index.js";
import { writeIndexPng, writePng } from "../raster/index.js";
import { imagenetWeights } from "../weights/index.js";
import { derivePlan } from "./derive.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-derive-"));
let survey: Survey;

beforeAll(async () => {
  for (let i = 0; i < 6; i++) {
    const image = { data: new Uint8Array(40 * 48 * 3).fill(30 * i), height: 40, width: 48, channels: 3 };
    const mask = { data: Uint8Array.from({ length: 40 * 48 }, (_, p) => Number(p < 60)), height: 40, width: 48 };
    await writePng(join(folder, `train/images/${i}.png`), image);
    await writeIndexPng(join(folder, `train/masks/${i}.png`), mask);
  }
  survey = await surveyDataset(await openDataset(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plan = (...args: Parameters<typeof derivePlan> extends [unknown, unknown, ...infer Rest] ? Rest : never) =>
  derivePlan(survey.dataset, survey, ...args);

describe("a plan", () => {
  it("takes a narrow U-Net on a CPU unless a width is given, and the published one elsewhere", () => {
    expect(plan({}).modelOptions).toMatchObject({
      value: { width: 16 },
      reason: "defaults; width for training on a CPU",
    });
    expect(plan({ set: { width: 32 } }).modelOptions).toMatchObject({
      value: { width: 32 },
      reason: "given and defaults",
    });
    expect(plan({}, { onCpu: false }).modelOptions.value.width).toBe(64);
  });

  it("takes size, normalisation and class weights from the data, with reasons", () => {
    const { size, inputRule, normalise, loss } = plan({});
    expect(size).toEqual({ value: [48, 48], reason: "the middle size of the images is 40x48" });
    expect(inputRule.value).toBe("resize");
    // Grey levels 0, 30, ... 150, those of the images in the split: whatever it is, each channel is the same.
    expect(new Set(normalise.value.mean).size).toBe(1);
    expect(loss.value[0]).toMatchObject({ name: "crossEntropy" });
    expect(loss.reason).toContain("enet weights");
  });

  it("mixes no images unless asked to, and then all of a batch", () => {
    expect(plan({}).mix).toEqual({ value: null, reason: "not asked for" });
    expect(plan({ mix: "none" }).mix).toEqual({ value: null, reason: "given" });
    expect(plan({ mix: "classmix" }).mix).toEqual({ value: { kind: "classmix", into: "all" }, reason: "given" });
  });

  it("starts at random unless weights are given, and normalises as those of ImageNet were trained", () => {
    expect(plan({})).toMatchObject({
      weights: { value: null, reason: "random, from the seed" },
      freeze: { value: "none" },
      frozenNorm: { value: "frozen" },
    });
    const local = { file: "/cache/r.pth", part: undefined, sha256: "f37072fd", source: "imagenet:resnet18" };
    const request = { encoder: "resnet18", freeze: "stages:2", frozenNorm: "encoder", partialWeights: true } as const;
    const given = plan(request, { weights: { ...local, entry: imagenetWeights.get("resnet18")! } });
    expect(given.weights).toEqual({
      value: { source: "imagenet:resnet18", sha256: "f37072fd", partial: true },
      reason: "given: torchvision, IMAGENET1K_V1, licence BSD-3-Clause",
    });
    // torchvision's mean and deviation times 255, as the images are bytes.
    expect(given.normalise).toEqual({
      value: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
      reason: "as the images that the weights were trained on (torchvision, IMAGENET1K_V1)",
    });
    expect([given.freeze, given.frozenNorm]).toEqual([
      { value: "stages:2", reason: "given" },
      { value: "encoder", reason: "given" },
    ]);
    // Weights of unknown origin say nothing of colours.
    expect(plan({}, { weights: local }).normalise).toEqual(plan({}).normalise);
  });

  it("lets what is given stand", () => {
    const given = plan({
      size: [32, 32],
      lr: 0.5,
      optimizer: "sgd",
      optimizerOptions: { momentum: 0.5 },
      weightsOfClasses: [1, 2],
      steps: 7,
    });
    expect(given.size).toEqual({ value: [32, 32], reason: "given" });
    expect(given.learningRate).toEqual({ value: 0.5, reason: "given" });
    expect(given.optimizer.value).toMatchObject({ name: "sgd", momentum: 0.5 });
    expect(given.loss.value[0]).toMatchObject({ classWeights: [1, 2] });
    expect(given.length.value).toEqual({ unit: "steps", count: 7 });
  });

  it("asks unpadded networks for the input that their output needs", () => {
    const { size, inputRule } = plan({ model: "unet-paper", set: { depth: 3 }, size: [20, 20] });
    expect(size.value[0]).toBeGreaterThan(20);
    expect(inputRule.value).toBe("tiles");
    expect(() => plan({ model: "unet-paper", inputRule: "resize" })).toThrow(UsageError);
  });

  it("cuts crops around rare classes and draws images by their classes when asked to", () => {
    const { trainTransforms, sampling } = plan({ rareCrops: 0.5, sampling: "rare-class" });
    expect(trainTransforms.value.find(({ name }) => name === "randomCrop")).toMatchObject({ classes: [1], p: 0.5 });
    expect(trainTransforms.reason).toContain("50 % of the crops hold one of the rarer classes");
    // Every image holds both classes.
    expect(sampling.value.weights).toEqual(sampling.value.weights!.map(() => 1));
    expect(plan({}).sampling.value).toEqual({ rule: "uniform", weights: null });
  });

  it("refuses class weights for a loss that takes none, and unknown rules", () => {
    expect(() => plan({ loss: "lovasz", weightsOfClasses: "enet" })).toThrow(/a loss that takes class weights/);
    expect(() => plan({ weightsOfClasses: "inverse" })).toThrow(/median-frequency/);
  });
});
