/** @file Mask values and colours to class indices, by hand. */
import { describe, expect, it } from "vitest";
import type { RawMask } from "../raster/read-mask.js";
import { decodeMask } from "./decode-mask.js";
import type { ColourDecoding, ValueDecoding } from "./sample.js";

const row = (data: RawMask["data"], more: Partial<RawMask> = {}): RawMask => ({
  data,
  height: 1,
  width: data.length / (more.channels ?? 1),
  channels: 1,
  format: "png",
  ...more,
});
const values: ValueDecoding = {
  kind: "values",
  numClasses: 2,
  ignoreIndex: 255,
  table: [
    [1, 0],
    [4, 1],
    [0, 255],
  ],
};
const colours: ColourDecoding = {
  kind: "colours",
  numClasses: 2,
  ignoreIndex: 255,
  table: [
    [255, 0, 0, 0],
    [7, 7, 7, 1],
    [0, 0, 0, 255],
  ],
};

describe("decodeMask", () => {
  it("maps values by the table, voids to 255, and counts the rest", () => {
    const { mask, outOfRange } = decodeMask(row(Uint8Array.of(1, 4, 0, 9, 9)), values);
    expect([...mask.data]).toEqual([0, 1, 255, 255, 255]);
    expect(outOfRange).toBe(2);
  });

  it("takes negative values and the file's nodata as void, not as errors, unless the table names them", () => {
    const { mask, outOfRange } = decodeMask(row(Int16Array.of(-1, 1, 99, 4), { nodata: 99 }), values);
    expect([...mask.data]).toEqual([255, 0, 255, 1]);
    expect(outOfRange).toBe(0);
    expect(decodeMask(row(Uint8Array.of(4), { nodata: 4 }), values).mask.data[0]).toBe(1);
  });

  it("maps colours of RGB, palette and grey masks alike", () => {
    const rgb = row(Uint8Array.of(255, 0, 0, 7, 7, 7, 1, 2, 3, 0, 0, 0), { channels: 3 });
    expect(decodeMask(rgb, colours)).toMatchObject({ mask: { data: Uint8Array.of(0, 1, 255, 255) }, outOfRange: 1 });
    const palette = Uint8Array.of(7, 7, 7, 255, 0, 0);
    expect([...decodeMask(row(Uint8Array.of(0, 1), { palette }), colours).mask.data]).toEqual([1, 0]);
    expect([...decodeMask(row(Uint8Array.of(7, 0)), colours).mask.data]).toEqual([1, 255]);
  });

  it("gives every other value the class `other` where there is one", () => {
    const any: ColourDecoding = { ...colours, table: [[0, 0, 0, 0]], other: 1 };
    const rgb = row(Uint8Array.of(0, 0, 0, 9, 8, 7), { channels: 3 });
    expect(decodeMask(rgb, any)).toMatchObject({ mask: { data: Uint8Array.of(0, 1) }, outOfRange: 0 });
  });

  it("counts every pixel of a coloured mask in a set of values", () => {
    expect(decodeMask(row(Uint8Array.of(1, 2, 3, 4, 5, 6), { channels: 3 }), values).outOfRange).toBe(2);
  });

  it("gives 16-bit masks for many classes", () => {
    const many: ValueDecoding = {
      kind: "values",
      numClasses: 400,
      ignoreIndex: 65535,
      table: [
        [300, 299],
        [65535, 65535],
      ],
    };
    expect(decodeMask(row(Uint16Array.of(300, 65535, 2)), many).mask.data).toEqual(Uint16Array.of(299, 65535, 65535));
  });
});
