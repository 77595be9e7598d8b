/** @file PNG reader and writer against libvips, hand-packed bytes, and the pixel counts published with real masks. */
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DataError } from "../errors/index.js";
import { Random } from "../util/random.js";
import { decodePng, pngSignature } from "./png-decode.js";
import { encodePng } from "./png-encode.js";

const noise = (seed: number, length: number) => {
  const random = new Random(seed, "png test");
  // Runs of equal values, so that every row filter of the encoder gets its turn.
  let value = 0;
  return Uint8Array.from({ length }, () => {
    if (random.chance(0.3)) value = random.integer(256);
    return value;
  });
};

/** A PNG with the given header and rows (each with its filter byte); checksums are left out, as readers of pixels ignore them. */
function handMade(
  width: number,
  height: number,
  depth: number,
  colourType: number,
  rows: number[],
  palette?: number[],
): Uint8Array {
  const chunk = (kind: string, body: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return [length, Buffer.from(kind), body, Buffer.alloc(4)];
  };
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, depth, colourType, 0, 0, 0]);
  return Buffer.concat([
    pngSignature,
    ...chunk("IHDR", header),
    ...(palette ? chunk("PLTE", Uint8Array.from(palette)) : []),
    ...chunk("IDAT", deflateSync(Uint8Array.from(rows))),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

describe("decodePng", () => {
  it("gives greys of 1, 2 and 4 bit as stored, not stretched to 0..255", async () => {
    // 0b10110000 -> 1 0 1 1 0; 0b00011011 0b01...... -> 0 1 2 3 1; 0x0f 0xa5 -> 0 15 10 5.
    expect([...(await decodePng(handMade(5, 1, 1, 0, [0, 0b10110000]), "a")).data]).toEqual([1, 0, 1, 1, 0]);
    expect([...(await decodePng(handMade(5, 1, 2, 0, [0, 0b00011011, 0b01000000]), "a")).data]).toEqual([
      0, 1, 2, 3, 1,
    ]);
    expect([...(await decodePng(handMade(4, 1, 4, 0, [0, 0x0f, 0xa5]), "a")).data]).toEqual([0, 15, 10, 5]);
  });

  it("gives palette indices and the palette, not colours", async () => {
    const palette = [9, 9, 9, 200, 0, 0, 0, 200, 0];
    const png = await decodePng(handMade(3, 2, 8, 3, [0, 2, 0, 1, 0, 1, 1, 2], palette), "a");
    expect([...png.data]).toEqual([2, 0, 1, 1, 1, 2]);
    expect([...png.palette!]).toEqual(palette);
    expect([...(await decodePng(handMade(3, 1, 2, 3, [0, 0b10000100], palette), "a")).data]).toEqual([2, 0, 1]);
  });

  it("reads 16-bit greys big-endian and unscaled", async () => {
    const png = await decodePng(handMade(2, 1, 16, 0, [0, 0x01, 0x02, 0xff, 0xfe]), "a");
    expect(png.data).toEqual(Uint16Array.of(0x0102, 0xfffe));
  });

  it("undoes all row filters like libvips' encoder applied them", async () => {
    const data = noise(1, 37 * 29 * 3);
    const file = await sharp(data, { raw: { width: 29, height: 37, channels: 3 } })
      .png({ adaptiveFiltering: true })
      .toBuffer();
    expect((await decodePng(file, "a")).data).toEqual(data);
  });

  it.each([
    [1, 1],
    [2, 3],
    [5, 4],
    [8, 8],
    [9, 17],
    [33, 31],
  ])("reads interlaced files of %ix%i", async (height, width) => {
    const data = noise(height * width, height * width * 4);
    const file = await sharp(data, { raw: { width, height, channels: 4 } })
      .png({ progressive: true })
      .toBuffer();
    const png = await decodePng(file, "a");
    expect(png.interlaced).toBe(true);
    expect(png.data).toEqual(data);
  });

  it("reads interlaced palettes of 1, 2 and 4 bit: index by index the colours that libvips sees", async () => {
    for (const colours of [2, 4, 16]) {
      const source = noise(colours, 21 * 13 * 3).map((v) => (v > 127 ? 255 : 0));
      const raw = { width: 21, height: 13, channels: 3 } as const;
      const file = await sharp(source, { raw })
        .png({ palette: true, colours, dither: 0, progressive: true })
        .toBuffer();
      const png = await decodePng(file, "a");
      expect(png.indexed).toBe(true);
      const seen = await sharp(file).removeAlpha().raw().toBuffer();
      const mapped = [...png.data].flatMap((index) => [...png.palette!.subarray(3 * index, 3 * index + 3)]);
      expect(mapped).toEqual([...seen]);
    }
  });

  it("refuses a file cut at any point", async () => {
    const file = await sharp(noise(3, 40 * 40 * 3), { raw: { width: 40, height: 40, channels: 3 } })
      .png()
      .toBuffer();
    for (let length = 8; length < file.length - 12; length += 97)
      await expect(decodePng(file.subarray(0, length), "cut.png")).rejects.toThrow(
        /^cut\.png: .*(ends|truncated|fewer)/,
      );
  });

  it("refuses a claimed size that no memory holds, and damaged pixel data", async () => {
    const bomb = handMade(1, 1, 8, 0, [0, 0]).slice();
    bomb.set([0x00, 0x10, 0, 0, 0x00, 0x10, 0, 0], 16);
    await expect(decodePng(bomb, "bomb.png")).rejects.toThrow(/1048576x1048576 pixels, more than the limit/);
    const file = await sharp(noise(4, 900), { raw: { width: 30, height: 30, channels: 1 } })
      .png()
      .toBuffer();
    file.fill(0x55, 60, 120);
    await expect(decodePng(file, "bad.png")).rejects.toBeInstanceOf(DataError);
  });
});

describe("encodePng", () => {
  it("writes files from which libvips and our reader get the same samples, 8 and 16 bit, 1 to 4 channels", async () => {
    const shape = fc.record({
      height: fc.integer({ min: 1, max: 20 }),
      width: fc.integer({ min: 1, max: 20 }),
      channels: fc.constantFrom(1, 2, 3, 4) as fc.Arbitrary<1 | 2 | 3 | 4>,
      wide: fc.boolean(),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ height, width, channels, wide, seed }) => {
        const bytes = noise(seed, height * width * channels * 2);
        const data = wide ? new Uint16Array(bytes.buffer) : bytes.slice(0, bytes.length / 2);
        const file = await encodePng({ data, height, width, channels });
        expect((await decodePng(file, "a")).data).toEqual(data);
        if (wide || channels < 3) return;
        expect(new Uint8Array(await sharp(file).raw().toBuffer())).toEqual(data);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it("writes 16-bit grey that libvips reads back", async () => {
    const data = Uint16Array.of(0, 1, 255, 256, 40000, 65535);
    const file = await encodePng({ data, height: 2, width: 3, channels: 1 });
    const raw = await sharp(file).toColourspace("grey16").raw({ depth: "ushort" }).toBuffer();
    expect(
      [...new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)].filter(
        (_, i) => raw.length === 12 || i % 3 === 0,
      ),
    ).toEqual([...data]);
  });

  it("keeps chosen palette indices, with checksums that libvips accepts", async () => {
    const data = Uint8Array.of(0, 3, 255, 7);
    const palette = Uint8Array.from({ length: 768 }, (_, i) => (i * 7) % 256);
    const file = await encodePng({ data, height: 2, width: 2, channels: 1, palette });
    expect((await decodePng(file, "a")).data).toEqual(data);
    const seen = await sharp(file, { failOn: "warning" }).raw().toBuffer();
    expect([...seen]).toEqual([...data].flatMap((index) => [...palette.subarray(3 * index, 3 * index + 3)]));
  });
});
