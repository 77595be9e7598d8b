/** @file The rules of channels, opacity and bit depth, broken files, and real masks against their published pixel counts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { encodeTiff, type TiffPage } from "../../test/tiff.js";
import { DataError } from "../errors/index.js";
import { readRasterInfo } from "./formats.js";
import { encodePng } from "./png-encode.js";
import { readRaster } from "./read.js";
import { readMask, readRawMask } from "./read-mask.js";

const folder = mkdtempSync(join(tmpdir(), "segkit-raster-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array | ArrayBuffer) => {
  const file = join(folder, name);
  writeFileSync(file, new Uint8Array(bytes));
  return file;
};
const grey = (...values: number[]) =>
  encodePng({ data: Uint8Array.from(values), height: 1, width: values.length, channels: 1 });
const solid = (channels: 3 | 4, colour: number[]) =>
  sharp(Buffer.from(Array.from({ length: 64 }, () => colour).flat()), { raw: { width: 8, height: 8, channels } });

/** A TIFF of 2x2 pixels. */
const tiff = (data: TiffPage["data"], channels: number, tags: TiffPage["tags"] = []) =>
  encodeTiff({ data, height: 2, width: 2, channels, tags });

describe("readRaster", () => {
  it("keeps a grey file at one channel in PNG and JPEG", async () => {
    const png = await readRaster(put("grey.png", await grey(0, 100, 255)));
    expect([png.channels, ...png.data]).toEqual([1, 0, 100, 255]);
    const jpeg = put(
      "grey.jpg",
      await sharp(Buffer.alloc(64, 80), { raw: { width: 8, height: 8, channels: 1 } })
        .toColourspace("b-w")
        .jpeg()
        .toBuffer(),
    );
    expect(await readRaster(jpeg)).toMatchObject({ channels: 1, height: 8, width: 8 });
    expect((await readRaster(jpeg)).data[0]).toBe(80);
  });

  it("repeats grey for a caller that expects three channels, and refuses any other difference", async () => {
    const file = put("grey3.png", await grey(5, 9));
    expect([...(await readRaster(file, { channels: 3 })).data]).toEqual([5, 5, 5, 9, 9, 9]);
    await expect(readRaster(file, { channels: 4 })).rejects.toThrow(/grey3\.png: the image has 1; expected 4 channels/);
    const colour = put("colour.png", await solid(3, [1, 2, 3]).png().toBuffer());
    await expect(readRaster(colour, { channels: 1 })).rejects.toThrow(/the image has 3; expected 1 channel,/);
  });

  it("leaves opacity out unless four channels are expected, with the hidden colours unchanged", async () => {
    const file = put("rgba.png", await solid(4, [10, 20, 30, 0]).png().toBuffer());
    expect([...(await readRaster(file)).data.slice(0, 3)]).toEqual([10, 20, 30]);
    expect([...(await readRaster(file, { channels: 4 })).data.slice(0, 4)]).toEqual([10, 20, 30, 0]);
    expect(await readRasterInfo(file)).toMatchObject({ channels: 3, alpha: true });
  });

  it("keeps 16-bit PNG values", async () => {
    const data = Uint16Array.of(1, 300, 65535, 0, 5, 6);
    const file = put("deep.png", await encodePng({ data, height: 1, width: 2, channels: 3 }));
    expect(await readRaster(file)).toEqual({ data, height: 1, width: 2, channels: 3 });
  });

  it("turns palette images into their colours", async () => {
    const palette = Uint8Array.of(1, 2, 3, 40, 50, 60);
    const file = put(
      "palette.png",
      await encodePng({ data: Uint8Array.of(1, 0), height: 1, width: 2, channels: 1, palette }),
    );
    expect([...(await readRaster(file)).data]).toEqual([40, 50, 60, 1, 2, 3]);
    expect([...(await readMask(file)).data]).toEqual([1, 0]);
  });

  it("keeps every band of a TIFF, int16, uint16 and float, band count 5 and 4", async () => {
    const deep = Int16Array.from({ length: 20 }, (_, i) => i * 100 - 900);
    const signed = await readRaster(put("bands.tif", tiff(deep, 5)));
    expect([signed.channels, signed.data.constructor.name]).toEqual([5, "Int16Array"]);
    expect([...signed.data]).toEqual([...deep]);
    const floats = await readRaster(put("float.tif", tiff(Float32Array.of(0.5, -1, 2, 1e6), 1)));
    expect([...floats.data]).toEqual([0.5, -1, 2, 1e6]);
    const four = await readRaster(
      put(
        "four.tif",
        tiff(
          Uint8Array.from({ length: 16 }, (_, i) => i),
          4,
          [[338, [2]]],
        ),
      ),
    );
    expect([four.channels, four.data[7]]).toEqual([4, 7]);
  });

  it("reads lossless WebP exactly, GIF as colours, AVIF and CMYK JPEG near enough", async () => {
    const colours = Buffer.from(Array.from({ length: 3 * 256 }, (_, i) => ((i >> 6) * 37) % 256));
    const picture = () => sharp(colours, { raw: { width: 16, height: 16, channels: 3 } });
    const webp = await readRaster(put("a.webp", await picture().webp({ lossless: true }).toBuffer()));
    expect(webp.data).toEqual(new Uint8Array(colours));
    const gif = await readRaster(put("a.gif", await picture().gif({ dither: 0 }).toBuffer()), { channels: 3 });
    expect([...gif.data]).toBeAllclose([...colours], { atol: 4 });
    const avif = await readRaster(
      put("a.avif", await picture().avif({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer()),
    );
    expect([avif.height, avif.width, avif.channels]).toEqual([16, 16, 3]);
    const cmyk = put("cmyk.jpg", await picture().toColourspace("cmyk").jpeg().toBuffer());
    expect([(await readRaster(cmyk)).channels, (await readRasterInfo(cmyk)).channels]).toEqual([3, 3]);
  });

  it("ignores rotation tags and colour profiles: pixels come as stored", async () => {
    const raw = { width: 4, height: 2, channels: 3 } as const;
    const file = await sharp(Buffer.alloc(24, 90), { raw })
      .withMetadata({ orientation: 6 })
      .withIccProfile("p3")
      .png()
      .toBuffer();
    const plain = await readRaster(put("turned.png", file));
    expect([plain.height, plain.width]).toEqual([2, 4]);
    expect(plain.data).toEqual(new Uint8Array(await sharp(file, { ignoreIcc: true }).raw().toBuffer()));
  });
});

describe("broken files", () => {
  it.each(["jpeg", "png", "webp", "tiff"] as const)(
    "a truncated %s is one error that names file and next step",
    async (format) => {
      const noise = Buffer.from(Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * i * 31) % 251));
      const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
        .toFormat(format)
        .toBuffer();
      const file = put(`cut.${format}`, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      const error = await readRaster(file).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).file).toBe(file);
      expect((error as DataError).message).toMatch(/truncated|ends early|fewer/);
      expect((error as DataError).next).toMatch(/doctor/);
    },
  );

  it("an empty file, a text, a web page, a Git LFS pointer and a BMP are named as such", async () => {
    const cases: [string, RegExp][] = [
      ["", /the file is empty/],
      ["hello, this is text", /not an image/],
      ["<!DOCTYPE html><p>404", /web page/],
      ["version https://git-lfs.github.com/spec/v1\noid sha256:0", /Git LFS pointer.*git lfs pull/],
      ["BM123456", /BMP file.*Save it as PNG/],
    ];
    for (const [text, pattern] of cases)
      await expect(readRaster(put("odd.png", Buffer.from(text)))).rejects.toThrow(pattern);
  });

  it("a missing file and a folder are errors of their own", async () => {
    await expect(readRaster(join(folder, "none.png"))).rejects.toThrow(/none\.png: there is no such file/);
    await expect(readRaster(folder)).rejects.toThrow(/this is a folder/);
  });

  it("a stack of pages or frames is refused, not cut to its first; overviews and validity masks may follow the image", async () => {
    const page = { data: new Uint8Array(4), height: 2, width: 2, channels: 1 };
    await expect(readRaster(put("stack.tif", encodeTiff(page, page, page)))).rejects.toThrow(/stack of 3 pages/);
    const overview = { ...page, tags: [[254, [1]]] } as const;
    const validity = { ...page, tags: [[254, [4]]] } as const;
    expect(await readRaster(put("pyramid.tif", encodeTiff(page, overview, validity)))).toMatchObject({
      height: 2,
      channels: 1,
    });
    const red = await solid(3, [255, 0, 0]).png().toBuffer();
    const blue = await solid(3, [0, 0, 255]).png().toBuffer();
    const frames = await sharp([red, blue], { join: { animated: true } })
      .gif()
      .toBuffer();
    await expect(readRaster(put("frames.gif", frames))).rejects.toThrow(/holds 2 frames/);
  });
});

describe("readRawMask", () => {
  it("makes three equal channels one and keeps colours three", async () => {
    const equal = put("equal.png", await solid(3, [7, 7, 7]).png().toBuffer());
    expect(await readRawMask(equal)).toMatchObject({ channels: 1, height: 8 });
    const colours = put("colours.png", await solid(3, [7, 7, 8]).png().toBuffer());
    expect(await readRawMask(colours)).toMatchObject({ channels: 3 });
    await expect(readMask(colours)).rejects.toThrow(/holds colours/);
  });

  it("keeps negative values for the caller, and readMask refuses them", async () => {
    const file = put("signed.tif", tiff(Int16Array.of(-1, 0, 1, 1), 1));
    expect([...(await readRawMask(file)).data]).toEqual([-1, 0, 1, 1]);
    await expect(readMask(file)).rejects.toThrow(/holds -1/);
  });

  it("refuses a mask of more bands than colours have", async () => {
    const file = put("many.tif", tiff(new Uint8Array(20), 5));
    await expect(readRawMask(file)).rejects.toThrow(/5 channels.*Check that this is the mask/);
  });

  const pets = new URL("../../../shared/data/pets/", import.meta.url).pathname;
  it.skipIf(!existsSync(pets))("shared/data/pets: palette indices add up to the published pixel counts", async () => {
    const { stats } = JSON.parse(readFileSync(join(pets, "classes.json"), "utf8"));
    const counts = new Array(256).fill(0);
    for (const name of readdirSync(join(pets, "masks")))
      for (const value of (await readMask(join(pets, "masks", name))).data) counts[value]++;
    expect([...counts.slice(0, 3), counts[255]]).toEqual([...stats.pixels, stats.void_pixels]);
  });
});
