/** @file The colour baseline is Bayes' rule on colours, no more and no less; and it cannot solve the scenes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openDataset } from "../data/dataset.js";
import type { LoadedSample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import { meanIou } from "../metrics/index.js";
import { type Raster, type Rgb, writeIndexPng, writePng } from "../raster/index.js";
import { writeFileAtomic } from "../util/files.js";
import { makeAerialSet } from "./aerial/data-set.js";
import { ColourClassifier, colourBaseline } from "./colour-baseline.js";

const place = mkdtempSync(join(tmpdir(), "segkit-colours-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const red: Rgb = [250, 10, 10];
const blue: Rgb = [10, 10, 250];
const green: Rgb = [10, 250, 10];

/** A picture of one row. */
const row = (colours: readonly Rgb[]): Raster => ({
  data: Uint8Array.from(colours.flat()),
  height: 1,
  width: colours.length,
  channels: 3,
});

const labelled = (colours: readonly Rgb[], classes: readonly number[]): Pick<LoadedSample, "image" | "mask"> => ({
  image: row(colours),
  mask: { data: Uint8Array.from(classes), height: 1, width: classes.length },
});

describe("ColourClassifier", () => {
  // Class 0: five red and one blue pixel; class 1: two red ones; class 2: one blue one.
  const trained = () => {
    const classifier = new ColourClassifier(3, 8);
    classifier.add(labelled([red, red, red, red, red, blue, red, red, blue], [0, 0, 0, 0, 0, 0, 1, 1, 2]));
    return classifier;
  };

  it("gives a colour the class that wears it most, with the measured prior", () => {
    // Red: 5 of class 0 against 2 of class 1. Blue: one each of classes 0 and 2, and class 0 is the more frequent.
    expect(Array.from(trained().predictor("measured")(row([red, blue])).data)).toEqual([0, 0]);
  });

  it("gives a colour the class of which it is the larger share, with equal priors", () => {
    // Red: 5/6 of class 0, all of class 1. Blue: 1/6 of class 0, all of class 2.
    expect(Array.from(trained().predictor("equal")(row([red, blue])).data)).toEqual([1, 2]);
  });

  it("gives a colour never seen the most frequent class, with the measured prior", () => {
    expect(Array.from(trained().predictor("measured")(row([green])).data)).toEqual([0]);
  });

  it("takes colours of one step for the same", () => {
    // 8 steps of 32: 224..255 is one of them, 223 lies in the next.
    const classifier = new ColourClassifier(2, 8);
    classifier.add(
      labelled(
        [
          [224, 0, 0],
          [223, 0, 0],
          [0, 0, 0],
        ],
        [1, 0, 0],
      ),
    );
    expect(
      Array.from(
        classifier.predictor("measured")(
          row([
            [255, 31, 31],
            [192, 0, 0],
          ]),
        ).data,
      ),
    ).toEqual([1, 0]);
  });

  it("leaves pixels without a class out", () => {
    const classifier = new ColourClassifier(2, 8);
    classifier.add(labelled([red, red, red, red], [255, 255, 255, 1]));
    expect(Array.from(classifier.predictor("measured")(row([red])).data)).toEqual([1]);
  });

  it("refuses pictures that are not 8-bit RGB", () => {
    const grey: Raster = { data: new Uint8Array(4), height: 2, width: 2, channels: 1 };
    expect(() => trained().predictor("equal")(grey)).toThrow(DataError);
  });
});

describe("colourBaseline", () => {
  it("scores the test split with what was counted on the training split", async () => {
    const folder = join(place, "toy");
    writeFileAtomic(join(folder, "classes.json"), JSON.stringify(["land", "sea"]));
    const write = async (split: string, colours: readonly Rgb[], classes: readonly number[]) => {
      const { image, mask } = labelled(colours, classes);
      await writePng(join(folder, split, "images", "a.png"), image);
      await writeIndexPng(join(folder, split, "masks", "a.png"), mask);
    };
    await write("train", [red, red, red, blue], [0, 0, 0, 1]);
    await write("val", [red, blue], [0, 1]);
    await write("test", [red, red, blue, blue, blue], [0, 1, 1, 1, 0]);
    const { splits } = await openDataset(folder);
    const { test } = await colourBaseline({ train: splits.train!, val: splits.val!, test: splits.test! }, 2);
    // Red is land, blue is sea: land has 1 hit of 3 pixels in truth or prediction, sea 2 of 4.
    expect(test.rows()).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(meanIou(test)).toBeCloseTo((1 / 3 + 2 / 4) / 2, 12);
  });

  it("stays below 35 % mIoU on the aerial scenes: their colours do not give the classes away", async () => {
    const folder = join(place, "aerial");
    await makeAerialSet(folder, { seed: 2, size: 96, scenes: { train: 24, val: 8, test: 16 } });
    const { splits } = await openDataset(folder);
    const { test } = await colourBaseline({ train: splits.train!, val: splits.val!, test: splits.test! }, 5);
    expect(meanIou(test)).toBeLessThan(0.35);
    // And above what calling everything field gives, which is a fifth of field's share.
    expect(meanIou(test)).toBeGreaterThan(0.12);
  });
});
