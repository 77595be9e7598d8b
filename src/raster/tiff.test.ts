/** @file The fast TIFF reader against libtiff (through sharp) and against the geotiff library's general reader on real scenes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromArrayBuffer } from "geotiff";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { encodeTiff } from "../../test/tiff.js";
import { decodeStored, readRasterInfo } from "./formats.js";
import { readRaster } from "./read.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-tiff-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const picture = Uint8Array.from({ length: 45 * 70 * 3 }, (_, i) => (i * 7 + (i >> 4)) % 253);

describe("TIFF by libtiff", () => {
  const kinds = [
    ["strips, deflate, predictor", { compression: "deflate", predictor: "horizontal" }],
    [
      "tiles, deflate, predictor",
      { compression: "deflate", predictor: "horizontal", tile: true, tileWidth: 32, tileHeight: 16 },
    ],
    ["tiles, LZW", { compression: "lzw", predictor: "none", tile: true, tileWidth: 16, tileHeight: 16 }],
    ["strips, PackBits", { compression: "packbits", predictor: "none" }],
    ["strips, no compression", { compression: "none", predictor: "none" }],
  ] as const;
  it.each(kinds)("%s: every sample as written", async (name, options) => {
    const bytes = await sharp(picture, { raw: { width: 70, height: 45, channels: 3 } })
      .tiff(options)
      .toBuffer();
    const raster = await readRaster(put(`${name}.tif`, bytes));
    expect(raster).toEqual({ data: picture, height: 45, width: 70, channels: 3 });
  });

  it("JPEG blocks in YCbCr come as colours", async () => {
    const grey = Buffer.alloc(64 * 64 * 3).fill(Buffer.from([200, 100, 50]));
    const bytes = await sharp(grey, { raw: { width: 64, height: 64, channels: 3 } })
      .tiff({ compression: "jpeg", quality: 100 })
      .toBuffer();
    const { data, channels } = await readRaster(put("jpeg.tif", bytes));
    expect(channels).toBe(3);
    expect([...data.slice(0, 3)]).toBeAllclose([200, 100, 50], { atol: 3 });
  });

  it("one bit a pixel is stretched in images", async () => {
    const dots = Buffer.from(Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 255 : 0)));
    const one = await sharp(dots, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace("b-w")
      .tiff({ bitdepth: 1, compression: "none" })
      .toBuffer();
    expect([...(await readRaster(put("bits.tif", one))).data]).toEqual([...dots]);
  });
});

describe("TIFF tags", () => {
  it("nodata, opacity, white at zero and palettes are read", async () => {
    const page = { data: Uint8Array.of(0, 1, 255), height: 1, width: 3, channels: 1 };
    const stored = await decodeStored(encodeTiff({ ...page, tags: [[42113, "255"]] }), "a.tif");
    expect(stored).toMatchObject({ nodata: 255, alpha: false, whiteIsZero: false });
    const inverted = put("white.tif", encodeTiff({ ...page, tags: [[262, [0]]] }));
    expect([...(await readRaster(inverted)).data]).toEqual([255, 254, 0]);
    const map = Array.from({ length: 768 }, (_, i) => (i % 256) * 257 + Math.floor(i / 256));
    const coloured = encodeTiff({
      ...page,
      tags: [
        [262, [3]],
        [320, map],
      ],
    });
    expect([...(await decodeStored(coloured, "b.tif")).palette!.slice(0, 6)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(await readRasterInfo(put("palette.tif", coloured))).toMatchObject({ channels: 3 });
  });

  it("int32 labels and int8 come in wider types", async () => {
    const page = { height: 1, width: 2, channels: 1 };
    expect((await decodeStored(encodeTiff({ ...page, data: Int32Array.of(-1, 70000) }), "a.tif")).data).toEqual(
      Float32Array.of(-1, 70000),
    );
    expect(
      (
        await readRaster(
          put("opacity.tif", encodeTiff({ ...page, data: Uint8Array.of(1, 2, 3, 4), channels: 2, tags: [[338, [2]]] })),
          { channels: 1 },
        )
      ).data,
    ).toEqual(Uint8Array.of(1, 3));
  });
});

const real = new URL("../../../shared/data/", import.meta.url).pathname;
const scenes = existsSync(real)
  ? (readdirSync(real, { recursive: true }) as string[]).filter((name) =>
      /(157|037|Hand|rgb|stack|pan|field_mask|r0c0)\.tif$/.test(name),
    )
  : [];
describe.skipIf(scenes.length === 0)("shared/data scenes", () => {
  it.each(scenes)("%s: every sample equals the general reader's", async (name) => {
    const bytes = readFileSync(join(real, name));
    const image = await (await fromArrayBuffer(new Uint8Array(bytes).buffer)).getImage();
    const expected = (await image.readRasters({ interleave: true })) as unknown as Uint8Array;
    const { data, height, width, channels } = await decodeStored(bytes, name);
    expect([height, width, channels]).toEqual([image.getHeight(), image.getWidth(), image.getSamplesPerPixel()]);
    expect(data.length).toBe(expected.length);
    expect(data.findIndex((value, i) => value !== expected[i])).toBe(-1);
  });
});
