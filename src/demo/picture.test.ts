/** @file The picture shows the images and masks it was given, in rows and columns, with a legend of the classes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readRaster } from "../raster/index.js";
import { writePicture } from "./picture.js";

const place = mkdtempSync(join(tmpdir(), "segkit-picture-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

it("each tile holds its image or mask, and the legend each class's colour", async () => {
  const flat = (grey: number) => ({ data: new Uint8Array(12).fill(grey), height: 2, width: 2, channels: 3 });
  const mask = (index: number) => ({ data: new Uint8Array(4).fill(index), height: 2, width: 2 });
  const colours = [
    [10, 200, 30],
    [40, 50, 220],
  ] as const;
  const file = join(place, "picture.png");
  const rows = [
    { image: flat(90), masks: [mask(0), mask(1)] },
    { image: flat(160), masks: [mask(1), mask(0)] },
  ];
  await writePicture(file, rows, {
    headings: ["Scene\n<new> & unseen", "Truth", "Segkit"],
    classNames: ["a", "b"],
    colours,
  });
  const { data, width, height } = await readRaster(file, { channels: 3 });
  // Three tiles of 240 with gaps of 10 and margins of 20; two rows between 72 above and 64 - 10 + 10 below.
  expect([width, height]).toEqual([3 * 240 + 2 * 10 + 2 * 20, 72 + 2 * 240 + 10 + 44 + 20]);
  const at = (x: number, y: number) => Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
  const centres = [140, 390, 640];
  expect(centres.map((x) => at(x, 192))).toEqual([[90, 90, 90], [...colours[0]], [...colours[1]]]);
  expect(centres.map((x) => at(x, 442))).toEqual([[160, 160, 160], [...colours[1]], [...colours[0]]]);
  expect([at(30, height - 28), at(160, height - 28)]).toEqual([[...colours[0]], [...colours[1]]]);
  expect(at(5, 5)).toEqual([255, 255, 255]);
});
