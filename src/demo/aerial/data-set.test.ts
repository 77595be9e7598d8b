/** @file The data set of the demo: readable as any other, made once, never over somebody's files. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../data/dataset.js";
import { loadSample } from "../../data/load.js";
import { DataError } from "../../errors/index.js";
import { readRawMask } from "../../raster/index.js";
import { aerialRecipe, classColours, makeAerialSet } from "./data-set.js";
import { landscapes } from "./landscape.js";
import { drawScene } from "./scene.js";
import { classNames } from "./tones.js";

const recipe = { seed: 5, size: 48, scenes: { train: 3, val: 1, test: 2 } };
const place = mkdtempSync(join(tmpdir(), "segkit-aerial-"));
const folder = join(place, "aerial");
const scene = join(folder, "train", "images", "scene-001.png");
let reports: [number, number][] = [];

beforeAll(async () => {
  reports = [];
  expect(await makeAerialSet(folder, recipe, (done, of) => reports.push([done, of]))).toBe(true);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe("makeAerialSet", () => {
  it("writes the standard layout, which openDataset reads with its classes and colours", async () => {
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ layout: "standard", encoding: "index", channels: 3, issues: [] });
    expect(dataset.classes).toMatchObject({ names: classNames, colours: classColours, values: [0, 1, 2, 3, 4] });
    expect(Object.fromEntries(Object.entries(dataset.splits).map(([split, list]) => [split, list.length]))).toEqual(
      recipe.scenes,
    );
  });

  it("writes the pixels and class indices that were drawn", async () => {
    const { splits } = await openDataset(folder);
    const { image, mask } = drawScene(recipe.seed, "train", 1, recipe.size);
    const sample = splits.train!.find(({ id }) => id === "scene-001")!;
    expect(await loadSample(sample)).toEqual({ image, mask, outOfRange: 0 });
  });

  it("gives the masks a palette of the class colours", async () => {
    const { palette } = await readRawMask(join(folder, "test", "masks", "scene-000.png"));
    expect(Array.from(palette!.subarray(0, 15))).toEqual(classColours.flat());
  });

  it("reports each scene once, in order", () => {
    expect(reports).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
  });

  it("leaves nothing unfinished beside the folder", () => {
    expect(readdirSync(place)).toEqual(["aerial"]);
  });

  it("makes nothing when the same recipe was followed before", async () => {
    const before = statSync(scene).mtimeMs;
    expect(await makeAerialSet(folder, recipe)).toBe(false);
    expect(statSync(scene).mtimeMs).toBe(before);
  });

  it("replaces a set of another recipe", async () => {
    const [before, other] = [readFileSync(scene), join(place, "other")];
    await makeAerialSet(other, { ...recipe, seed: 6 });
    const changed = readFileSync(join(other, "train", "images", "scene-001.png"));
    expect(changed.equals(before)).toBe(false);
    expect(await makeAerialSet(other, recipe)).toBe(true);
    expect(readFileSync(join(other, "train", "images", "scene-001.png")).equals(before)).toBe(true);
    rmSync(other, { recursive: true });
  });

  it("refuses a folder with other files and leaves them alone", async () => {
    const taken = join(place, "taken");
    mkdirSync(taken);
    writeFileSync(join(taken, "thesis.txt"), "years of work");
    await expect(makeAerialSet(taken, recipe)).rejects.toThrow(DataError);
    expect(readdirSync(taken)).toEqual(["thesis.txt"]);
    rmSync(taken, { recursive: true });
    expect(existsSync(scene)).toBe(true);
  });
});

it("the recipe of the demo gives every split whole rounds of landscapes", () => {
  for (const count of Object.values(aerialRecipe.scenes)) expect(count % landscapes.length).toBe(0);
});
