/** @file Checks of pictures, classes and splits, on sets that have the fault and sets that have not. */
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { encodeTiff } from "../../../test/tiff.js";
import { type DoctorOptions, runDoctor } from "./report.js";

const made: SmallSet[] = [];
afterEach(() => {
  for (const set of made.splice(0)) set.remove();
});

type Rows = readonly (readonly number[])[];
/** A plain set with one image a mask; images differ. */
async function setOf(masks: readonly Rows[], classes?: unknown): Promise<SmallSet> {
  const set = smallSet();
  made.push(set);
  for (const [i, rows] of masks.entries()) {
    await set.image(`images/${i}.png`, rows.length, rows[0]!.length, i + 1);
    await set.mask(`masks/${i}.png`, rows);
  }
  if (classes) set.text("classes.json", classes);
  return set;
}
const examine = (set: SmallSet, options: DoctorOptions = { validation: 0 }) => runDoctor(set.path, options);
/** Findings of one check as `level: message`. */
const found = async (set: SmallSet, check: string, options?: DoctorOptions) =>
  (await examine(set, options)).findings
    .filter((finding) => finding.check === check)
    .map(({ level, message }) => `${level}: ${message}`);

const half: Rows = [
  [0, 0],
  [1, 1],
];

describe("content", () => {
  it("duplicates: across splits, with unlike masks, and within a split; packing does not hide them", async () => {
    const set = smallSet();
    made.push(set);
    await set.image("train/images/a.png", 2, 2, 1);
    await set.image("train/images/b.png", 2, 2, 2);
    set.bytes(
      "train/images/b2.png",
      await sharp(readFileSync(set.at("train/images/b.png")))
        .png({ compressionLevel: 1 })
        .toBuffer(),
    );
    await set.image("val/images/a.png", 2, 2, 1);
    for (const name of ["train/masks/a", "train/masks/b", "val/masks/a"]) await set.mask(`${name}.png`, half);
    await set.mask("train/masks/b2.png", [
      [1, 1],
      [0, 0],
    ]);
    set.text("classes.json", ["a", "b"]);
    expect(await found(set, "duplicates")).toEqual([
      expect.stringMatching(/^warning: 1 picture in more than one split \(train and val\)/),
      expect.stringMatching(/^warning: 1 picture with two or more different masks/),
      expect.stringMatching(/^note: 1 picture more than once in a split/),
    ]);
    expect(await found(await setOf([half, half], ["a", "b"]), "duplicates")).toEqual([]);
  });

  it("duplicates: an unlabelled picture may be one of train, not one of val", async () => {
    const set = smallSet();
    made.push(set);
    for (const [name, seed] of [
      ["train", 1],
      ["val", 2],
    ] as const) {
      await set.image(`${name}/images/${name}.png`, 2, 2, seed);
      await set.mask(`${name}/masks/${name}.png`, half);
    }
    await set.image("unlabelled/images/a.png", 2, 2, 1);
    set.text("classes.json", ["a", "b"]);
    expect(await found(set, "duplicates")).toEqual([]);
    await set.image("unlabelled/images/b.png", 2, 2, 2);
    expect(await found(set, "duplicates")).toEqual([
      expect.stringMatching(/^warning: 1 picture in more than one split \(unlabelled and val\)/),
    ]);
  });

  it("empty-masks and void-share: all void warns, background alone is a note", async () => {
    const empty: Rows = [
      [255, 255],
      [255, 255],
    ];
    const set = await setOf(
      [
        half,
        empty,
        empty,
        [
          [0, 0],
          [0, 0],
        ],
      ],
      ["background", "b"],
    );
    expect(await found(set, "empty-masks")).toEqual([
      expect.stringMatching(/^warning: 2 masks without a single labelled pixel/),
      'note: 1 mask of "background" only (25 %).',
    ]);
    expect(await found(set, "void-share")).toEqual([expect.stringMatching(/^note: 50 % of the mask pixels are void/)]);
    expect(await found(await setOf([half], ["background", "b"]), "void-share")).toEqual([]);
  });

  it("frequencies: classes missing from train or val, and imbalance", async () => {
    const set = smallSet();
    made.push(set);
    const wide = [[...new Array(30).fill(0), 1]];
    await set.image("train/images/a.png", 1, 31);
    await set.mask("train/masks/a.png", wide);
    await set.image("val/images/b.png", 1, 2, 2);
    await set.mask("val/masks/b.png", [[0, 0]]);
    set.text("classes.json", ["road", "car", "bus"]);
    expect(await found(set, "frequencies")).toEqual([
      'warning: A class has no pixel in train and cannot be learned: "bus".',
      'note: A class of train does not occur in val and has no score there: "car".',
      expect.stringMatching(/^note: Classes are uneven: "road" has 30 times the pixels of "car" \(3 %\)/),
    ]);
  });

  it("splits: nothing to validate on, few to validate on", async () => {
    expect(await found(await setOf([half, half], ["a", "b"]), "splits")).toEqual([
      expect.stringMatching(/^warning: There is nothing to validate on: 2 training images/),
    ]);
    expect(await found(await setOf([half, half], ["a", "b"]), "splits", { validation: 0.5 })).toEqual([
      expect.stringMatching(/^note: Only 1 image to validate on/),
    ]);
  });

  it("image-values: not-a-number pixels, undeclared nodata, constant channels", async () => {
    const set = await setOf([], ["a", "b"]);
    const scenes = [Float32Array.of(1, 7, Number.NaN, 7), Float32Array.of(-9999, 7, 2, 7)];
    for (const [i, data] of scenes.entries()) {
      set.bytes(`images/${i}.tif`, encodeTiff({ data, height: 1, width: 2, channels: 2 }));
      await set.mask(`masks/${i}.png`, [[0, 1]]);
    }
    expect(await found(set, "image-values")).toEqual([
      expect.stringMatching(/^warning: 1 image with pixels that are no numbers/),
      expect.stringMatching(/^warning: 1 image with values that look like "no data" \(-9999 in channel 1\)/),
      expect.stringMatching(/^warning: The same value everywhere in channel 2/),
    ]);
    set.bytes(
      "images/1.tif",
      encodeTiff({ data: scenes[1]!, height: 1, width: 2, channels: 2, tags: [[42113, "-9999"]] }),
    );
    expect((await found(set, "image-values")).some((text) => text.includes("no data"))).toBe(false);
  });

  it("recordings: frame numbers across splits, not a naming habit", async () => {
    const set = smallSet();
    made.push(set);
    const names = { train: ["seqA_f00010", "seqB_f00010"], val: ["seqA_f00020", "seqC_f00001"] };
    for (const [split, list] of Object.entries(names))
      for (const name of list) {
        await set.image(`${split}/images/${name}.png`, 2, 2, name.length + split.length);
        await set.mask(`${split}/masks/${name}.png`, half);
      }
    expect(await found(set, "recordings")).toEqual([
      expect.stringMatching(/^note: .*"seqA" \(train, val\)\. If their numbers/),
    ]);
  });
});
