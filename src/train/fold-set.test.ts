import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CheckpointError } from "../errors/index.js";
import { type FoldScores, foldSetFile, keptScores, meanAndSpread, readFoldSet, writeFoldSet } from "./fold-set.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-folds-"));
afterAll(() => rmSync(folder, { recursive: true }));

const scores = (meanIou: number | null): FoldScores => ({
  meanIou,
  pixelAccuracy: 0.9,
  meanPixelAccuracy: 0.8,
  frequencyWeightedIou: 0.7,
  meanDice: 0.6,
});

describe("meanAndSpread", () => {
  it("is the mean and the standard deviation with K - 1: 0.4, 0.5 and 0.9 give 0.6 and sqrt(0.14 / 2)", () => {
    const { mean, spread } = meanAndSpread([scores(0.4), scores(0.5), scores(0.9)]);
    expect(mean.meanIou).toBeCloseTo(0.6, 12);
    expect(spread.meanIou).toBeCloseTo(Math.sqrt(0.07), 12);
    expect(spread.pixelAccuracy).toBeCloseTo(0, 12);
  });
  it("is unknown where a fold has no score", () => {
    const { mean, spread } = meanAndSpread([scores(null), scores(0.5)]);
    expect([mean.meanIou, spread.meanIou]).toEqual([null, null]);
    expect(mean.meanDice).toBeCloseTo(0.6, 12);
  });
});

describe("folds.json", () => {
  it("is read as it was written", () => {
    const set = {
      version: 1 as const,
      count: 2,
      options: { data: "/data/shapes", model: "unet" },
      folds: [
        {
          fold: 1,
          run: "folds/1",
          images: 4,
          step: 30,
          scores: keptScores({ ...scores(0.5), meanIou: Number.NaN } as { [Name in keyof FoldScores]: number }),
          confusion: {
            numClasses: 1,
            ignoreIndex: null,
            predictionOutOfRange: "error" as const,
            counts: [[5, 0]],
            ignored: 0,
            truthOutOfRange: 0,
          },
        },
      ],
      summary: null,
    };
    writeFoldSet(folder, set);
    expect(readFoldSet(folder)).toEqual(set);
    expect(set.folds[0]!.scores.meanIou).toBeNull();
  });
  it("is refused when it is damaged or holds something else", () => {
    writeFileSync(foldSetFile(folder), "{");
    expect(() => readFoldSet(folder)).toThrow(CheckpointError);
    writeFileSync(foldSetFile(folder), '{"version": 2}');
    expect(() => readFoldSet(folder)).toThrow("version");
  });
});
