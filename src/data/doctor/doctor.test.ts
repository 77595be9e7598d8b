/** @file Every check of the doctor on a set that has the fault and on one that has not; the report as text and JSON. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { encodeTiff } from "../../../test/tiff.js";
import { openDataset } from "../dataset.js";
import { checks } from "./checks.js";
import { percent, some } from "./finding.js";
import { formatReport } from "./format.js";
import { type DoctorOptions, requireHealthy, runDoctor } from "./report.js";

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
    const [finding] = await found(set, "lossy-masks", { validation: 0, encoding: "binary" });
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

describe("report", () => {
  it("names every check of the table, and findings carry those names only", async () => {
    const { findings } = await examine(
      await setOf(
        [
          [
            [0, 9],
            [1, 1],
          ],
        ],
        ["a", "b"],
      ),
    );
    for (const { check } of findings) expect(Object.keys(checks)).toContain(check);
    expect(findings.length).toBeGreaterThan(1);
  });

  it("counts classes, weighs them and measures the training images", async () => {
    const set = await setOf(
      [
        half,
        [
          [0, 0],
          [0, 255],
        ],
      ],
      ["a", "b"],
    );
    const report = await examine(set);
    expect(report).toMatchObject({
      version: 1,
      surveyed: 2,
      total: 2,
      outOfRange: 0,
      ignoredShare: 1 / 8,
      splits: { train: { images: 2, labelled: 2 } },
    });
    expect(report.frequencies).toEqual([
      { name: "a", value: 0, pixels: 5, share: 5 / 7, images: 2 },
      { name: "b", value: 1, pixels: 2, share: 2 / 7, images: 1 },
    ]);
    expect(report.weights["median-frequency"]).toBeAllclose([
      (5 / 7 + 1 / 2) / 2 / (5 / 7),
      (5 / 7 + 1 / 2) / 2 / (1 / 2),
    ]);
    const images = await Promise.all(
      [0, 1].map((i) =>
        sharp(set.at(`images/${i}.png`))
          .raw()
          .toBuffer(),
      ),
    );
    const red = images.flatMap((data) => [...data].filter((_, k) => k % 3 === 0));
    expect(report.statistics!.mean[0]).toBeCloseTo(red.reduce((sum, value) => sum + value, 0) / red.length, 9);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("looks at some of the samples on request, and tells progress", async () => {
    const set = await setOf([half, half, half, half, half], ["a", "b"]);
    const seen: number[][] = [];
    const report = await examine(set, {
      validation: 0,
      maxSamples: 2,
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect([report.surveyed, report.total, seen]).toEqual([
      2,
      5,
      [
        [1, 2],
        [2, 2],
      ],
    ]);
  });

  it("reads as text", async () => {
    const set = await setOf(
      [
        [
          [0, 1],
          [7, 1],
        ],
        half,
      ],
      ["a", "b"],
    );
    const text = formatReport(await examine(set))
      .replaceAll(set.path, "SET")
      .replace(/segkit-set-\w+/, "NAME");
    expect(text).toMatch(
      /^NAME: plain layout, 3 channels, masks as index, 2 classes from SET\/classes\.json\nsplits: train 2 \(all images split/,
    );
    expect(text).toContain("error: 1 pixel in 1 mask hold values that are no class: 7; expected 0, 1, 255.");
    expect(text).toContain("  files: masks/0.png\n  --fix: These pixels become void.\n");
    expect(text).toMatch(/1 error, 1 warning\. segkit doctor --fix DIR writes a mended copy\.\n$/);
  });

  it("requireHealthy raises the errors as one, and nothing for warnings", async () => {
    const sick = await examine(
      await setOf(
        [
          [
            [0, 1],
            [7, 1],
          ],
        ],
        ["a", "b"],
      ),
    );
    expect(() => requireHealthy(sick)).toThrow(
      /masks\/0\.png: 1 pixel .*; expected a data set without errors\. Run segkit doctor .*--fix writes/,
    );
    expect(() =>
      requireHealthy({ ...sick, findings: sick.findings.filter(({ level }) => level !== "error") }),
    ).not.toThrow();
  });

  it("says numbers in few digits", () => {
    expect([0, 0.00000123, 0.00321, 0.0951, 0.5, 1].map(percent)).toEqual([
      "0 %",
      "< 0.001 %",
      "0.3 %",
      "10 %",
      "50 %",
      "100 %",
    ]);
    expect(some([1, 2, 3], 2)).toBe("1, 2 and 1 more");
  });
});

const shared = new URL("../../../../shared/data/", import.meta.url).pathname;
describe.skipIf(!existsSync(shared))("shared/data", () => {
  it("camvid-mini: healthy; the frequencies are the published ones and the recordings named are the shared ones", async () => {
    const dataset = await openDataset(join(shared, "camvid-mini"));
    const report = await runDoctor(dataset);
    expect(report.counts).toMatchObject({ error: 0, warning: 0 });
    const { pixel_counts: published } = JSON.parse(readFileSync(join(shared, "camvid-mini", "classes.json"), "utf8"));
    expect(report.frequencies.map(({ pixels }) => pixels)).toEqual(published.train.slice(0, 11));
    expect(report.findings.find(({ check }) => check === "recordings")?.message).toMatch(
      /"0001TP" \(train, test\), "0016E5" \(train, val\)/,
    );
  });

  it("water12: -9999 is found in the one band that holds it", async () => {
    const { findings, counts } = await runDoctor(join(shared, "water12"));
    expect(counts.error).toBe(0);
    expect(findings.find(({ check }) => check === "image-values")?.message).toMatch(/\(-9999 in merit_dem\)/);
  });

  it.each(["membrane", "nuclei", "crackforest", "fgbg", "s2-india"])("%s has no errors", async (name) => {
    expect((await runDoctor(join(shared, name))).findings.filter(({ level }) => level === "error")).toEqual([]);
  });
});
