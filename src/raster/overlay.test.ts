/** @file Palettes, overlays and written masks by hand-worked numbers. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { colourise, overlay } from "./overlay.js";
import { packColour, pngPalette, unpackColour, vocPalette } from "./palette.js";
import { readRaster } from "./read.js";
import { readMask, readRawMask } from "./read-mask.js";
import { writeIndexPng, writePng } from "./write.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-overlay-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("palette", () => {
  it("vocPalette starts as the VOC development kit's", () => {
    // background, aeroplane, bicycle, bird, boat, ... person (15), potted plant (16), ... tv/monitor (20)
    const voc = vocPalette(21);
    expect(voc.slice(0, 5)).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
      [0, 0, 128],
    ]);
    expect([voc[8], voc[15], voc[16], voc[20]]).toEqual([
      [64, 0, 0],
      [192, 128, 128],
      [0, 64, 0],
      [0, 64, 128],
    ]);
    expect(vocPalette(256)[255]).toEqual([224, 224, 192]);
  });

  it("packed colours unpack to themselves", () => {
    expect(unpackColour(packColour(1, 200, 255))).toEqual([1, 200, 255]);
    expect(packColour(1, 0, 2)).toBe(65538);
  });
});

describe("overlay", () => {
  const image = { data: new Uint8Array(3).fill(100), height: 1, width: 3, channels: 1 };

  it("blends class colour and grey image by opacity, leaves ignored pixels, draws borders in full colour", () => {
    const mask = { data: Uint8Array.of(1, 1, 255), height: 1, width: 3 };
    const { data, channels } = overlay(image, mask, {
      colours: [
        [0, 0, 0],
        [200, 0, 50],
      ],
      opacity: 0.25,
    });
    // 0.25 * 200 + 0.75 * 100 = 125; 75; 0.25 * 50 + 75 = 87.5 -> 88. The second pixel borders on another value.
    expect([...data]).toEqual([125, 75, 88, 200, 0, 50, 100, 100, 100]);
    expect(channels).toBe(3);
  });

  it("stretches 16-bit images from lowest to highest value", () => {
    const deep = { data: Uint16Array.of(1000, 2000, 3000), height: 1, width: 3, channels: 1 };
    const mask = { data: new Uint8Array(3).fill(255), height: 1, width: 3 };
    expect([...overlay(deep, mask).data]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255]);
  });

  it("refuses a mask of another size", () => {
    expect(() => overlay(image, { data: new Uint8Array(2), height: 1, width: 2 })).toThrow(
      /the mask is 1x2; expected .*1x3/,
    );
  });

  it("colourise shows each class in its colour", () => {
    const mask = { data: Uint8Array.of(0, 1), height: 1, width: 2 };
    expect([...colourise(mask, [[1, 2, 3]]).data]).toEqual([1, 2, 3, 128, 0, 0]);
  });
});

describe("write", () => {
  it("writeIndexPng keeps indices and shows class colours, leaving no temporary file", async () => {
    const mask = { data: Uint8Array.of(0, 1, 2, 255), height: 2, width: 2 };
    const file = join(folder, "deep", "mask.png");
    await writeIndexPng(file, mask, [
      [9, 9, 9],
      [10, 20, 30],
    ]);
    expect(await readMask(file)).toEqual(mask);
    expect([...(await readRaster(file)).data]).toEqual([9, 9, 9, 10, 20, 30, 0, 128, 0, 224, 224, 192]);
    expect((await readRawMask(file)).palette).toEqual(
      pngPalette([
        [9, 9, 9],
        [10, 20, 30],
      ]),
    );
    expect(readdirSync(join(folder, "deep"))).toEqual(["mask.png"]);
  });

  it("writeIndexPng writes masks of many classes as 16-bit grey", async () => {
    const mask = { data: Uint16Array.of(0, 300, 65535), height: 1, width: 3 };
    await writeIndexPng(join(folder, "wide.png"), mask);
    expect(await readMask(join(folder, "wide.png"))).toEqual(mask);
  });

  it("writePng refuses what a PNG cannot hold", async () => {
    const raster = { data: new Float32Array(5), height: 1, width: 1, channels: 5 };
    await expect(writePng(join(folder, "no.png"), raster)).rejects.toThrow(
      /the raster has 5 of float32; expected 1 to 4 channels/,
    );
  });
});
