/** @file Label subsets, unlabelled folders and pseudo-labels, as `openDataset` gives them. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { DataError, UsageError } from "../../errors/index.js";
import { encodePng } from "../../raster/png-encode.js";
import { type Dataset, type DatasetOptions, openDataset } from "../dataset.js";
import { loadMask, loadSample } from "../load.js";
import { createLoader } from "../loader/index.js";
import type { Sample } from "../sample.js";
import { evalTransforms, randomCrop } from "../transforms/index.js";
import { absolutePaths, forScores, markInside } from "./index.js";
import { chooseLabels } from "./label-subset.js";

const made: SmallSet[] = [];
const fresh = () => {
  const set = smallSet();
  made.push(set);
  return set;
};
afterEach(() => {
  for (const set of made.splice(0)) set.remove();
});

/** 16 training, 3 validation and 2 test images of 4x4; classes no and yes. */
async function standardSet(): Promise<SmallSet> {
  const set = fresh();
  const rows = [
    [0, 0, 1, 1],
    [0, 0, 1, 1],
    [0, 1, 1, 1],
    [0, 1, 1, 255],
  ];
  let seed = 1;
  for (const [split, count] of [
    ["train", 16],
    ["val", 3],
    ["test", 2],
  ] as const)
    for (let i = 0; i < count; i++) {
      await set.image(`${split}/images/${split}${i}.png`, 4, 4, seed++);
      await set.mask(`${split}/masks/${split}${i}.png`, rows);
    }
  set.text("classes.json", ["no", "yes"]);
  return set;
}

const ids = (samples: readonly Sample[] | undefined) => samples?.map(({ id }) => id);
const failure = (path: string, options: DatasetOptions): Promise<unknown> =>
  openDataset(path, options).then(
    () => "no error",
    (error: unknown) => error,
  );
const message = async (path: string, options: DatasetOptions) => {
  const error = await failure(path, options);
  return error instanceof DataError ? error.message : `not a DataError: ${error}`;
};

/** Labelled samples of which only the ids matter. */
const named = (names: readonly string[]): Sample[] =>
  names.map((id) => ({
    id,
    image: `${id}.png`,
    mask: `${id}-mask.png`,
    channels: 3,
    decode: { kind: "values", numClasses: 2, ignoreIndex: 255, table: [] },
  }));

describe("a share of the labels", () => {
  it("keeps n keep / of samples, rounded, at least one, nested for one seed, whatever the order of the samples", () => {
    const cases = fc.record({
      names: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 }),
      of: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(),
      turn: fc.nat(),
    });
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), ({ names, of, seed, turn }, a, b) => {
        const samples = named(names);
        const at = turn % samples.length;
        const turned = [...samples.slice(at), ...samples.slice(0, at)];
        const [few, many] = [1 + (a % of), 1 + (b % of)].sort((x, y) => x - y) as [number, number];
        const small = chooseLabels(samples, { keep: few, of, seed });
        const large = chooseLabels(turned, { keep: many, of, seed });
        expect(small.train).toHaveLength(Math.max(1, Math.round((samples.length * few) / of)));
        const within = new Set(ids(large.train));
        expect(small.train.every(({ id }) => within.has(id))).toBe(true);
        expect([...small.train, ...small.hidden].sort((x, y) => names.indexOf(x.id) - names.indexOf(y.id))).toEqual(
          samples,
        );
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("is the same selection for ever", () => {
    const samples = named(Array.from({ length: 16 }, (_, i) => `s${i}`));
    expect(ids(chooseLabels(samples, { keep: 1, of: 4, seed: 1 }).train)).toMatchInlineSnapshot(`
      [
        "s4",
        "s8",
        "s9",
        "s11",
      ]
    `);
    expect(ids(chooseLabels(samples, { keep: 1, of: 8, seed: 1 }).train)).toMatchInlineSnapshot(`
      [
        "s4",
        "s11",
      ]
    `);
  });

  it("moves the other images to unlabelled, their masks to hidden in the same order, and leaves val and test alone", async () => {
    const { path } = await standardSet();
    const whole = await openDataset(path);
    const { splits, splitRule } = await openDataset(path, { labels: { keep: 1, of: 8, seed: 1 } });
    expect([splits.train, splits.unlabelled, splits.hidden].map((split) => split?.length)).toEqual([2, 14, 14]);
    expect([splits.val, splits.test]).toEqual([whole.splits.val, whole.splits.test]);
    expect(ids(splits.unlabelled)).toEqual(ids(splits.hidden));
    expect(new Set([...splits.train!, ...splits.hidden!])).toEqual(new Set(whole.splits.train));
    expect(splits.unlabelled!.every(({ mask, decode }) => mask === undefined && decode.kind === "none")).toBe(true);
    expect((await loadMask(splits.hidden![0]!))!.mask.data).toContain(1);
    expect(splitRule).toBe("by the data set itself; 2 of 16 training images keep their labels (1/8, seed 1)");
  });

  it("of all labels changes nothing but the text", async () => {
    const { path } = await standardSet();
    const { splits } = await openDataset(path, { labels: { keep: 3, of: 3, seed: 1 } });
    expect(splits).toEqual((await openDataset(path)).splits);
  });

  it("gives no id twice where the set has unlabelled images of its own", async () => {
    const set = await standardSet();
    await set.image("unlabelled/images/train0.png", 4, 4, 90);
    const { splits } = await openDataset(set.path, { labels: { keep: 1, of: 16, seed: 1 } });
    expect(splits.unlabelled).toHaveLength(16);
    expect(new Set([...splits.train!, ...splits.unlabelled!].map(({ id }) => id)).size).toBe(17);
    expect(splits.unlabelled!.at(-1)!.id).toBe("unlabelled/train0");
  });

  it("that is impossible is refused", async () => {
    const { path } = await standardSet();
    for (const [keep, of] of [
      [0, 8],
      [9, 8],
      [1, 0],
      [0.5, 1],
      [Number.NaN, 8],
    ] as const) {
      const error = await failure(path, { labels: { keep, of, seed: 1 } });
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).message).toContain(`${keep}/${of}`);
    }
    expect(() => chooseLabels([], { keep: 1, of: 2, seed: 1 })).toThrow(/there are none/);
  });
});

describe("an unlabelled folder", () => {
  it("gives images of all formats and subfolders; training images and images already there are left out", async () => {
    const set = await standardSet();
    const other = fresh();
    await other.image("new/a.png", 3, 5, 90);
    await other.image("new/deep/b.png", 3, 5, 91);
    await other.image("new/train0.png", 3, 5, 92);
    other.text("new/notes.txt", "no image");
    const before = await openDataset(set.path, { labels: { keep: 1, of: 2, seed: 1 } });
    await other.image("new/copy-of-labelled.png", 4, 4, 1);
    await other.image("new/copy-of-another.png", 4, 4, 2);
    const { splits, splitRule } = await openDataset(set.path, {
      labels: { keep: 1, of: 2, seed: 1 },
      unlabelled: other.at("new"),
    });
    const added = splits.unlabelled!.slice(before.splits.unlabelled!.length);
    expect(splits.unlabelled!.slice(0, 8)).toEqual(before.splits.unlabelled);
    // An id of the set is not given twice.
    expect(ids(added)).toEqual(["a", "new/train0", "deep/b"]);
    expect(splits.train).toEqual(before.splits.train);
    expect(splitRule).toContain(
      `3 unlabelled images of ${other.at("new")} (2 more are training images of the set and were left out)`,
    );
  });

  it("marks what is inside the image: 0 there, void in the padding of a crop", async () => {
    const set = await standardSet();
    const other = fresh();
    await other.image("a.png", 2, 3, 90);
    const { splits } = await openDataset(set.path, { unlabelled: other.path });
    expect((await loadSample(splits.unlabelled![0]!)).mask.data).toEqual(new Uint8Array(6));
    const transforms = [
      randomCrop({ height: 4, width: 4 }),
      ...evalTransforms({ size: { height: 4, width: 4 }, mean: [0], std: [1], resize: false }),
    ];
    const loader = createLoader({ samples: splits.unlabelled!, transforms, batchSize: 1, workers: 0 });
    for await (const { masks } of loader.batches()) {
      expect(masks.filter((value) => value === 0)).toHaveLength(6);
      expect(masks.filter((value) => value === 255)).toHaveLength(10);
    }
    const own: Sample = {
      id: "x",
      image: "x.png",
      channels: 3,
      decode: { kind: "none", numClasses: 2, ignoreIndex: 255 },
    };
    expect(markInside([own, ...named(["y"])])).toEqual([
      { ...own, decode: { ...own.decode, fill: 0 } },
      ...named(["y"]),
    ]);
  });

  it.each(["val", "test"])("with an image of %s is refused, naming both files", async (split) => {
    const set = await standardSet();
    const other = fresh();
    await other.image("fine.png", 4, 4, 90);
    await other.image("leak.png", 4, 4, split === "val" ? 18 : 21);
    const text = await message(set.path, { unlabelled: other.path });
    expect(text).toContain(other.at("leak.png"));
    expect(text).toContain(set.at(`${split}/images/${split}1.png`));
    expect(text).not.toContain("fine.png");
    expect(await message(set.path, { unlabelled: set.at(split, "images") })).toMatch(
      new RegExp(`${split}0\\.png: an image of split ${split}, like`),
    );
  });

  it("with other pixels in a file of the same size is no copy", async () => {
    const set = await standardSet();
    const rows = Uint8Array.from({ length: 48 }, (_, i) => i);
    const stored = await encodePng({ data: rows, height: 4, width: 4, channels: 3 });
    const changed = await encodePng({ data: rows.toReversed(), height: 4, width: 4, channels: 3 });
    const longer = (bytes: Uint8Array) => {
      const padded = new Uint8Array(400);
      padded.set(bytes);
      return padded;
    };
    set.bytes("val/images/val0.png", longer(stored));
    const folder = fresh();
    folder.bytes("same-length.png", longer(changed));
    expect((await openDataset(set.path, { unlabelled: folder.path })).splits.unlabelled).toHaveLength(1);
    folder.bytes("same-bytes.png", longer(stored));
    expect(await message(set.path, { unlabelled: folder.path })).toContain("same-bytes.png");
  });

  it("that is missing, a file, empty, or holds nothing new is refused", async () => {
    const set = await standardSet();
    const other = fresh();
    expect(await message(set.path, { unlabelled: other.at("none") })).toMatch(/none: there is no such folder/);
    expect(await message(set.path, { unlabelled: other.path })).toMatch(/no image lies in it/);
    expect(await message(set.path, { unlabelled: set.at("classes.json") })).toMatch(/this is a file/);
    expect(await message(set.path, { unlabelled: set.at("train/images") })).toMatch(/all 16 are training images/);
  });

  it("with images of other channels names the first; grey images in a set of colour are taken", async () => {
    const set = await standardSet();
    const other = fresh();
    await other.mask("grey.png", [[0, 100]]);
    expect((await openDataset(set.path, { unlabelled: other.path })).splits.unlabelled).toHaveLength(1);
    const bands = fresh();
    await bands.mask("train/images/a.png", [[0, 9]]);
    await bands.mask("train/masks/a.png", [[0, 1]]);
    await bands.mask("val/images/b.png", [[1, 9]]);
    await bands.mask("val/masks/b.png", [[0, 1]]);
    const colours = fresh();
    await colours.image("c.png", 2, 2, 5);
    expect(await message(bands.path, { unlabelled: colours.path })).toMatch(
      /c\.png: the image has 3; expected 1 channel, like the rest/,
    );
  });
});

describe("pseudo-labels", () => {
  async function withPseudo() {
    const set = await standardSet();
    const labels = { keep: 1, of: 8, seed: 1 };
    const { splits } = await openDataset(set.path, { labels });
    const [first, second] = splits.unlabelled!;
    const other = fresh();
    const rows = [
      [0, 1, 255, 255],
      [0, 1, 255, 255],
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ];
    const mask = await other.mask("masks/m.png", rows);
    const items = [
      { id: first!.id, image: first!.image, mask: "masks/m.png" },
      { id: second!.id, image: second!.image, mask },
    ];
    return { set, other, labels, items, splits, rows };
  }

  it("are training samples with the role pseudo, void where the mask holds the ignore index", async () => {
    const { set, other, labels, items, splits, rows } = await withPseudo();
    const pseudo = other.text("list.json", { version: 1, items });
    const opened = await openDataset(set.path, { labels, pseudo });
    expect(opened.splits.train!.slice(0, 2)).toEqual(splits.train);
    const added = opened.splits.train!.slice(2);
    expect(added.map(({ id, role }) => [id, role])).toEqual(items.map(({ id }) => [id, "pseudo"]));
    expect([...(await loadSample(added[0]!)).mask.data]).toEqual(rows.flat());
    expect(opened.splits.unlabelled).toEqual(splits.unlabelled);
    expect(opened.splitRule).toContain(`2 pseudo-labelled images of ${pseudo}`);
  });

  it("are the same again from options that went through JSON, from any working folder", async () => {
    const { set, other, labels, items } = await withPseudo();
    const pseudo = other.text("list.json", { version: 1, items });
    await other.image("more/x.png", 4, 4, 90);
    const options = { labels, pseudo, unlabelled: other.at("more") };
    const again: DatasetOptions = JSON.parse(JSON.stringify(absolutePaths(options)));
    const results: Dataset[] = [await openDataset(set.path, options), await openDataset(set.path, again)];
    expect(results[0]).toEqual(results[1]);
    const scored = await openDataset(set.path, forScores(again));
    expect([scored.splits.val, scored.splits.hidden]).toEqual([results[0]!.splits.val, results[0]!.splits.hidden]);
    expect(forScores(again)).toEqual({ labels });
    expect(absolutePaths({ pseudo: "a.json" }).pseudo).toBe(`${process.cwd()}/a.json`);
  });

  it("that are malformed, name an image twice, or an image of val are refused", async () => {
    const { set, other, labels, items, splits } = await withPseudo();
    const refusal = (content: unknown) => message(set.path, { labels, pseudo: other.text("list.json", content) });
    expect(await refusal("{")).toMatch(/list\.json: no JSON/);
    expect(await refusal({ version: 2, items })).toMatch(/version/);
    expect(await refusal({ version: 1, items: [{ id: "a" }] })).toMatch(/items\.0\.image/);
    expect(await refusal({ version: 1, items: [items[0], items[0]] })).toMatch(/is in it twice/);
    const labelled = { ...items[0], id: splits.train![0]!.id };
    expect(await refusal({ version: 1, items: [labelled] })).toMatch(/is a labelled training image/);
    const leak = { ...items[0], image: splits.val![1]!.image };
    expect(await refusal({ version: 1, items: [leak] })).toMatch(/val1\.png.*split val/);
    expect(await message(set.path, { pseudo: other.at("none.json") })).toMatch(/no such file/);
  });
});
