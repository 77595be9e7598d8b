/** @file Checks of mask values and of files, on sets that have the fault and sets that have not. */
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

describe("mask values against classes", () => {
  it("binary-masks: 0/255 read as two classes is a note; declared void it is an error; mixed with 0/1 it is an error", async () => {
    const binary: Rows = [
      [0, 255],
      [0, 0],
    ];
    expect(await found(await setOf([binary, binary], ["a", "b"]), "binary-masks")).toEqual([
      'note: Masks hold 0 and 255, read as background and "b".',
    ]);
    const lost = await found(await setOf([binary], { classes: ["a", "b"], void_index: 255 }), "binary-masks");
    expect(lost).toEqual([expect.stringMatching(/^error: .*255 counts as void: no pixel of "b" is left/)]);
    const mixed = await setOf([binary, half, half], ["a", "b"]);
    expect(await found(mixed, "binary-masks")).toEqual([
      expect.stringMatching(/^error: 1 mask holds 0\/255, others 0\/1/),
    ]);
    expect(
      await found(
        await setOf(
          [
            half,
            [
              [0, 1],
              [255, 1],
            ],
            binary,
          ],
          ["a", "b"],
        ),
        "binary-masks",
      ),
    ).toEqual([]);
  });

  it("off-by-one: values 1..N, 0..N, and greys stretched to 255", async () => {
    expect(
      await found(
        await setOf(
          [
            [
              [1, 2],
              [3, 3],
            ],
          ],
          ["a", "b", "c"],
        ),
        "off-by-one",
      ),
    ).toEqual([
      expect.stringMatching(
        /^error: Masks count classes from 1 \(1, 2, 3\), the 3 classes are numbered from 0\. Subtract 1/,
      ),
    ]);
    expect(
      await found(
        await setOf(
          [
            [
              [0, 1],
              [2, 3],
            ],
          ],
          ["a", "b", "c"],
        ),
        "off-by-one",
      ),
    ).toEqual([expect.stringMatching(/^error: Masks hold 0 to 3 for 3 classes\. Either 0 is unlabelled and "a" is 1/)]);
    expect(
      await found(
        await setOf(
          [
            [
              [0, 127],
              [255, 255],
            ],
          ],
          ["a", "b", "c"],
        ),
        "off-by-one",
      ),
    ).toEqual([expect.stringMatching(/^error: Masks hold 0, 127, 255: 3 classes stretched/)]);
    const healthy = await setOf(
      [
        [
          [0, 1],
          [2, 255],
        ],
      ],
      ["a", "b", "c"],
    );
    expect([await found(healthy, "off-by-one"), await found(healthy, "out-of-range")]).toEqual([[], []]);
  });

  it("out-of-range: names the odd values and the expected ones, and steps back where another check explains them", async () => {
    expect(
      await found(
        await setOf(
          [
            [
              [0, 1],
              [7, 9],
            ],
          ],
          ["a", "b"],
        ),
        "out-of-range",
      ),
    ).toEqual([
      "error: 2 pixels in 1 mask hold values that are no class: 7, 9; expected 0, 1, 255. Correct the masks or classes.json.",
    ]);
    expect(
      await found(
        await setOf(
          [
            [
              [1, 2],
              [3, 3],
            ],
          ],
          ["a", "b", "c"],
        ),
        "out-of-range",
      ),
    ).toEqual([]);
  });

  it("colour-masks: understood, soft-edged, and among index masks", async () => {
    const classes = { road: [0, 0, 0], car: [0, 0, 200] };
    const set = await setOf([], classes);
    await set.image("images/a.png", 1, 2);
    await set.colours("masks/a.png", [
      [
        [0, 0, 0],
        [0, 0, 200],
      ],
    ]);
    expect(await found(set, "colour-masks")).toEqual(["note: Masks are colour-coded; 2 colours stand for classes."]);
    await set.image("images/b.png", 1, 2, 2);
    await set.colours("masks/b.png", [
      [
        [0, 0, 90],
        [0, 0, 200],
      ],
    ]);
    expect((await found(set, "colour-masks"))[1]).toMatch(
      /^error: 1 mask holds colours that are in no table \(50 % of the pixels\)/,
    );
    const indexed = await setOf([half], ["a", "b"]);
    await indexed.image("images/c.png", 1, 2, 9);
    await indexed.colours("masks/c.png", [
      [
        [0, 0, 90],
        [0, 0, 200],
      ],
    ]);
    expect(await found(indexed, "colour-masks", { validation: 0, encoding: "index" })).toEqual([
      expect.stringMatching(/^error: 1 mask holds colours \(\(0, 0, 90\), \(0, 0, 200\)\), the others class values/),
    ]);
  });

  it("lossy-masks: JPEG with blurred values is an error, with intact values a warning", async () => {
    const set = await setOf([], ["a", "b"]);
    const block = Buffer.from(Array.from({ length: 256 }, (_, i) => (i % 16 > 6 && i < 150 ? 255 : 0)));
    const grey = () => sharp(block, { raw: { width: 16, height: 16, channels: 1 } }).toColourspace("b-w");
    await set.image("images/a.png", 16, 16);
    set.bytes("masks/a.jpg", await grey().jpeg({ quality: 40 }).toBuffer());
    const [finding] = await found(set, "lossy-masks");
    expect(finding).toMatch(
      /^error: 1 mask in a lossy format .* hold blurred values: \d+ % of their pixels are no class/,
    );
    const calm = await setOf([], ["a", "b"]);
    await calm.image("images/a.png", 16, 16);
    calm.bytes(
      "masks/a.jpg",
      await sharp(Buffer.alloc(256, 0), { raw: { width: 16, height: 16, channels: 1 } })
        .jpeg()
        .toBuffer(),
    );
    expect(await found(calm, "lossy-masks")).toEqual([
      expect.stringMatching(/^warning: .*the values are intact, but save masks as PNG/),
    ]);
  });
});

describe("files", () => {
  it("unreadable: truncated images and empty masks, grouped by reason, all named", async () => {
    const set = await setOf([half, half, half], ["a", "b"]);
    set.bytes("images/0.png", readFileSync(set.at("images/0.png")).subarray(0, 40));
    set.bytes("masks/1.png", new Uint8Array(0));
    const { findings } = await examine(set);
    const errors = findings.filter(({ check }) => check === "unreadable");
    expect(errors.map(({ message, files }) => [message, files])).toEqual([
      [
        expect.stringMatching(/^1 file cannot be used: the PNG ends early \(truncated file\)\. Replace it/),
        [set.at("images/0.png")],
      ],
      [expect.stringMatching(/the file is empty/), [set.at("masks/1.png")]],
    ]);
  });

  it("pairs: images without masks, masks without images, a name twice, an empty split", async () => {
    const set = await setOf([half, half], ["a", "b"]);
    await set.image("images/lonely.png", 2, 2, 7);
    await set.mask("masks/lost.png", half);
    await set.mask("images/0.jpg", half);
    expect(await found(set, "pairs")).toEqual([
      expect.stringMatching(/^error: 1 image in a split with masks has none/),
      expect.stringMatching(/^warning: 1 mask belongs to no image/),
      expect.stringMatching(/^error: 1 file has the name of another/),
    ]);
    const split = smallSet();
    made.push(split);
    await split.image("train/images/a.png", 2, 2);
    await split.mask("train/masks/a.png", half);
    split.text("val/images/none.txt", "");
    expect(await found(split, "pairs")).toEqual([expect.stringMatching(/^error: 1 split holds no image/)]);
  });

  it("sizes: scaled, turned and foreign masks; images of several sizes", async () => {
    const set = await setOf([half], ["a", "b"]);
    await set.image("images/scaled.png", 8, 6, 3);
    await set.mask("masks/scaled.png", [
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 0],
      [0, 1, 1],
    ]);
    await set.image("images/turned.png", 2, 5, 4);
    await set.mask("masks/turned.png", [
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    await set.image("images/foreign.png", 9, 9, 5);
    await set.mask("masks/foreign.png", [[0, 1, 0, 1, 0]]);
    const { findings } = await examine(set);
    const named = (check: string) =>
      findings
        .filter((finding) => finding.check === check)
        .map(({ level, message, files }) => `${level} ${files.length} ${message}`);
    expect(named("sizes")).toEqual([
      expect.stringMatching(/^error 1 1 mask lie on their side.*\(5x2 for an image of 2x5\)/),
      expect.stringMatching(
        /^error 1 1 mask have the aspect but not the size of their image \(4x3 for an image of 8x6\)/,
      ),
      expect.stringMatching(/^error 1 1 mask have neither/),
      expect.stringMatching(/^note 0 Images have 4 sizes: heights 2 to 9, widths 2 to 9/),
    ]);
  });

  it("channels: a four-band image in a set of three, grey among colour, types that differ, opacity that varies", async () => {
    const set = await setOf([half, half], ["a", "b"]);
    await set.mask("images/grey.png", [
      [1, 2],
      [3, 4],
    ]);
    set.bytes("images/bands.tif", encodeTiff({ data: new Uint8Array(16), height: 2, width: 2, channels: 4 }));
    set.bytes("images/deep.tif", encodeTiff({ data: new Uint16Array(12), height: 2, width: 2, channels: 3 }));
    const rgba = Buffer.from(Array.from({ length: 16 }, (_, i) => i * 9));
    set.bytes(
      "images/clear.png",
      await sharp(rgba, { raw: { width: 2, height: 2, channels: 4 } })
        .png()
        .toBuffer(),
    );
    for (const name of ["grey", "bands", "deep", "clear"]) await set.mask(`masks/${name}.png`, half);
    expect(await found(set, "channels")).toEqual([
      expect.stringMatching(/^warning: Values have 2 types \(5 uint8, 1 uint16\)/),
      expect.stringMatching(/^error: 1 image with 4 channels in a set of 3/),
      expect.stringMatching(/^note: 1 grey image in a set of colour images/),
      expect.stringMatching(/^warning: 1 image with an opacity channel that is not full/),
    ]);
  });
});
