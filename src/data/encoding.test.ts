/** @file Which encoding is recognised from which masks. */
import { describe, expect, it } from "vitest";
import { packColour } from "../raster/palette.js";
import type { RawMask } from "../raster/read-mask.js";
import { parseClassFile } from "./class-file.js";
import { classTableOf } from "./classes.js";
import { decodingOf, gatherEvidence, inferEncoding } from "./encoding.js";
import { summarise } from "./mask-summary.js";

const grey = (...values: number[]): RawMask => ({
  data: Uint8Array.from(values),
  height: 1,
  width: values.length,
  channels: 1,
  format: "png",
});
const rgb = (...colours: number[][]): RawMask => ({ ...grey(...colours.flat()), width: colours.length, channels: 3 });
const indexed = (palette: number[], ...values: number[]): RawMask => ({
  ...grey(...values),
  palette: Uint8Array.from(palette),
});
const infer = (masks: RawMask[], json?: unknown, foregroundOnly = false) => {
  const file = json === undefined ? undefined : parseClassFile(json, "classes.json");
  const known = { table: file?.table, hasColours: file?.hasColours ?? false, foregroundOnly };
  return inferEncoding(gatherEvidence(masks.map(summarise)), known);
};

describe("summarise", () => {
  it("counts values and colours in ascending order", () => {
    expect(summarise(grey(3, 0, 3)).counts).toEqual([
      [0, 1],
      [3, 2],
    ]);
    const { kind, counts } = summarise(rgb([1, 0, 0], [1, 0, 0], [0, 0, 2], [1, 0, 0]));
    expect([kind, counts]).toEqual([
      "colours",
      [
        [2, 1],
        [packColour(1, 0, 0), 3],
      ],
    ]);
  });

  it("stops at 4096 colours and says so", () => {
    const many = summarise(rgb(...Array.from({ length: 5000 }, (_, i) => [i & 255, i >> 8, 1])));
    expect([many.counts.length, many.cut]).toEqual([4096, true]);
  });
});

describe("inferEncoding", () => {
  it("0/255 masks of two classes are binary; with 255 declared void, or a third value, they are not", () => {
    expect(infer([grey(0, 255)], ["a", "b"]).encoding).toBe("binary");
    expect(infer([grey(0, 255)])).toMatchObject({ encoding: "binary", table: { names: ["background", "foreground"] } });
    expect(infer([grey(0, 255)], { classes: ["a", "b"], void_index: 255 }).encoding).toBe("index");
    expect(infer([grey(0, 255), grey(1)], ["a", "b"]).encoding).toBe("index");
    expect(infer([grey(0, 255)], ["a", "b", "c"]).encoding).toBe("index");
    expect(infer([grey(0, 0)], ["a", "b"]).encoding).toBe("index");
  });

  it("0/255 masks that JPEG has blurred are still binary; small indices in a JPEG are not", () => {
    const jpeg = (...values: number[]): RawMask => ({ ...grey(...values), format: "jpeg" });
    const blurred = jpeg(...new Array(40).fill(2), ...new Array(40).fill(251), 100, 128, 160);
    expect(infer([blurred], ["a", "b"]).encoding).toBe("binary");
    expect(infer([blurred])).toMatchObject({ encoding: "binary", table: { numClasses: 2 } });
    expect(infer([jpeg(0, 1, 2, 3, 4)], ["a", "b", "c"]).encoding).toBe("index");
  });

  it("coloured masks need a colour table", () => {
    expect(infer([rgb([9, 0, 0])], { road: [9, 0, 0] }).encoding).toBe("colours");
    expect(() => infer([rgb([9, 0, 0])], ["road"])).toThrow(
      /coloured \(\(9, 0, 0\).*no colours are given.*classes\.json/s,
    );
  });

  it("palette masks are indices, unless an image tool renumbered the class colours", () => {
    const classes = { road: [0, 0, 0], car: [128, 0, 0] };
    expect(infer([indexed([0, 0, 0, 128, 0, 0], 0, 1)], classes).encoding).toBe("index");
    expect(infer([indexed([128, 0, 0, 0, 0, 0], 0, 1)], classes).encoding).toBe("colours");
    expect(infer([indexed([7, 7, 7, 8, 8, 8], 0, 1)], classes).encoding).toBe("index");
  });

  it("classes are derived from values, greys that stand for classes, or colours", () => {
    expect(infer([grey(0, 2), grey(255)]).table).toMatchObject({ values: [0, 1, 2], voids: [{ value: 255 }] });
    expect(infer([grey(0, 85, 170)]).table).toMatchObject({ values: [0, 85, 170], numClasses: 3 });
    expect(infer([rgb([0, 0, 0], [0, 0, 9])]).table).toMatchObject({
      numClasses: 2,
      colours: [
        [0, 0, 0],
        [0, 0, 9],
      ],
    });
    expect(infer([]).table.numClasses).toBe(0);
    expect(() => infer([rgb(...Array.from({ length: 300 }, (_, i) => [i & 255, 1, i >> 8]))])).toThrow(
      /300 colours or more/,
    );
  });

  it("masks of a foreground set that are coded by class become foreground", () => {
    expect(infer([grey(0, 255)], undefined, true).encoding).toBe("binary");
    expect(infer([grey(0, 1)], ["a", "b"], true).encoding).toBe("index");
    expect(infer([grey(0, 17)], ["a", "b"], true).encoding).toBe("foreground");
    expect(infer([rgb([3, 1, 0])], ["a", "b"], true).encoding).toBe("foreground");
  });
});

describe("decodingOf", () => {
  it("index: values of the table, its voids, and 255 by custom", () => {
    const { table } = parseClassFile({ classes: ["none", "a", "b"], void_index: 0 }, "c");
    const rows = [
      [1, 0],
      [2, 1],
      [0, 255],
      [255, 255],
      [65535, 255],
    ];
    expect(decodingOf("index", table)).toEqual({ kind: "values", numClasses: 2, ignoreIndex: 255, table: rows });
  });

  it("index: 255 stays a class where it is one", () => {
    const { table } = parseClassFile(
      [
        { name: "a", index: 0 },
        { name: "b", index: 255 },
      ],
      "c",
    );
    expect(decodingOf("index", table).table).toContainEqual([255, 1]);
  });

  it("foreground: black is background, (232, 3, 0) is ignored, all else is foreground", () => {
    expect(decodingOf("foreground", classTableOf(["background", "foreground"]))).toMatchObject({
      table: [
        [0, 0, 0, 0],
        [232, 3, 0, 255],
      ],
      other: 1,
    });
  });
});
