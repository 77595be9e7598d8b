/** @file Polygons and run lengths by hand, and real polygons against the masks they were traced from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readMask } from "../raster/read-mask.js";
import { parseCoco, readCoco } from "./coco.js";
import type { LabelShape } from "./sample.js";
import { parseRuns, rasterise } from "./shapes.js";

const paint = (height: number, width: number, ...shapes: LabelShape[]) => {
  const { data } = rasterise({ kind: "shapes", numClasses: 9, ignoreIndex: 255, height, width, background: 0, shapes });
  return Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)].join(""));
};

describe("rasterise", () => {
  it("sets the pixels whose centres lie inside", () => {
    expect(paint(4, 5, { index: 1, polygons: [[1, 1, 4, 1, 4, 3, 1, 3]] })).toEqual([
      "00000",
      "01110",
      "01110",
      "00000",
    ]);
    // From 0.5 on, a pixel's centre counts on the left border and not on the right.
    expect(paint(1, 4, { index: 1, polygons: [[0.5, 0, 2.5, 0, 2.5, 1, 0.5, 1]] })).toEqual(["1100"]);
    expect(paint(3, 3, { index: 1, polygons: [[0, 0, 3, 0, 0, 3]] })).toEqual(["110", "100", "000"]);
  });

  it("leaves a hole where a ring crosses itself twice over, and cuts at the border", () => {
    const ring = [0, 0, 5, 0, 5, 5, 0, 5, 0, 0, 1, 1, 1, 4, 4, 4, 4, 1, 1, 1];
    expect(paint(5, 5, { index: 1, polygons: [ring] })).toEqual(["11111", "10001", "10001", "10001", "11111"]);
    expect(paint(2, 2, { index: 3, polygons: [[-5, -5, 9, -5, 9, 1, -5, 1]] })).toEqual(["33", "00"]);
  });

  it("paints later shapes over earlier ones", () => {
    const left = { index: 1, polygons: [[0, 0, 2, 0, 2, 1, 0, 1]] };
    const right = { index: 2, polygons: [[1, 0, 3, 0, 3, 1, 1, 1]] };
    expect(paint(1, 3, left, right)).toEqual(["122"]);
    expect(paint(1, 3, right, left)).toEqual(["112"]);
  });

  it("fills run lengths down the columns, beginning outside", () => {
    expect(paint(3, 3, { index: 1, runs: [2, 3, 4] })).toEqual(["010", "010", "100"]);
    expect(paint(2, 2, { index: 1, runs: [0, 1, 2, 99] })).toEqual(["10", "01"]);
  });
});

describe("parseRuns", () => {
  it("reads characters of 5 bits, continued, and differences to the run before last", () => {
    // Worked out by the format's rule: 40 - 2 = 38 = 0b1_00110 -> "V" (6 with the continuation bit), "1".
    expect(parseRuns("324V1")).toEqual([3, 2, 4, 40]);
    // 20 has bit 5 set, so a zero follows; 3 - 20 = -17 -> "_", "O" with its sign in the last character.
    expect(parseRuns(":d05_O")).toEqual([10, 20, 5, 3]);
  });
});

describe("parseCoco", () => {
  const json = {
    images: [{ id: 7, file_name: "a.jpg", height: 4, width: 4 }],
    categories: [
      { id: 30, name: "car" },
      { id: 5, name: "dog" },
    ],
    annotations: [
      { image_id: 7, category_id: 5, area: 1, segmentation: [[0, 0, 1, 0, 1, 1, 0, 1]] },
      { image_id: 7, category_id: 30, segmentation: [[0, 0, 4, 0, 4, 2, 0, 2]] },
      { image_id: 7, category_id: 30, iscrowd: 1, area: 2, segmentation: { counts: [0, 16], size: [4, 4] } },
    ],
  };

  it("makes background class 0 and orders categories by id; crowds lie lowest, small objects on top", () => {
    const { classes, images } = parseCoco(json, "a.json");
    expect(classes.names).toEqual(["background", "dog", "car"]);
    expect(images[0]!.shapes.map(({ index, runs }) => [index, runs !== undefined])).toEqual([
      [2, true],
      [2, false],
      [1, false],
    ]);
  });

  it("gives a category called background its place", () => {
    const { classes } = parseCoco(
      {
        ...json,
        annotations: [],
        categories: [
          { id: 9, name: "cat" },
          { id: 3, name: "_background_" },
        ],
      },
      "a.json",
    );
    expect(classes.names).toEqual(["background", "cat"]);
  });

  it("refuses annotations that point nowhere", () => {
    const stray = (more: object) =>
      parseCoco({ ...json, annotations: [{ ...json.annotations[0]!, ...more }] }, "a.json");
    expect(() => stray({ category_id: 99 })).toThrow(/a\.json: an annotation has the unknown category 99/);
    expect(() => stray({ image_id: 8 })).toThrow(/unknown image 8/);
  });
});

const shared = new URL("../../../shared/data/", import.meta.url).pathname;
describe.skipIf(!existsSync(shared))("shared/data polygons", () => {
  // The sets' own READMEs give 0.9999 (nuclei) for their polygons drawn by another program.
  it.each([
    ["nuclei/val", "annotations.json", 0.999],
    ["pennfudan/val", "annotations.json", 0.99],
  ])("%s: drawn shapes agree with the masks they were traced from", async (folder, file, least) => {
    const coco = (await readCoco(join(shared, folder, file)))!;
    let [both, either] = [0, 0];
    for (const { fileName, height, width, shapes } of coco.images) {
      const drawn = rasterise({
        kind: "shapes",
        numClasses: 2,
        ignoreIndex: 255,
        height,
        width,
        background: 0,
        shapes,
      });
      const mask = await readMask(join(shared, folder, "masks", fileName.replace(/\.\w+$/, ".png")));
      mask.data.forEach((value, i) => {
        both += value & drawn.data[i]!;
        either += value | drawn.data[i]!;
      });
    }
    expect(both / either).toBeGreaterThan(least);
  });
});
