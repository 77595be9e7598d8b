/** @file Every layout on small sets on disk, and every broken kind of input. */
import { readFileSync, symlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../test/small-sets.js";
import { DataError } from "../errors/index.js";
import { type DatasetOptions, openDataset } from "./dataset.js";
import { loadSample } from "./load.js";

const made: SmallSet[] = [];
const fresh = () => {
  const set = smallSet();
  made.push(set);
  return set;
};
afterEach(() => {
  for (const set of made.splice(0)) set.remove();
});

const ids = (dataset: Awaited<ReturnType<typeof openDataset>>) =>
  Object.fromEntries(Object.entries(dataset.splits).map(([name, samples]) => [name, samples.map(({ id }) => id)]));
const failure = (path: string, options?: DatasetOptions) =>
  openDataset(path, options).then(
    () => "no error",
    (error: unknown) => (error instanceof DataError ? error.message : `not a DataError: ${error}`),
  );
const checks = [
  [0, 1],
  [1, 0],
] as const;

describe("layouts", () => {
  it("standard: splits by folder, in either nesting and under usual names", async () => {
    const set = fresh();
    await set.image("train/images/a.png", 2, 2, 1);
    await set.mask("train/masks/a.png", checks);
    await set.image("val/images/b.png", 2, 2, 2);
    await set.mask("val/masks/b.png", checks);
    set.text("classes.json", ["no", "yes"]);
    const dataset = await openDataset(set.path);
    expect(dataset).toMatchObject({
      layout: "standard",
      encoding: "index",
      channels: 3,
      splitRule: "by the data set itself",
    });
    expect(ids(dataset)).toEqual({ train: ["a"], val: ["b"] });
    const other = fresh();
    await other.image("img_dir/training/a.png", 2, 2);
    await other.mask("ann_dir/training/a.png", checks);
    await other.image("img_dir/validation/b.png", 2, 2);
    await other.mask("ann_dir/validation/b.png", checks);
    expect(ids(await openDataset(other.path))).toEqual({ train: ["a"], val: ["b"] });
  });

  it("standard: a split without masks is unlabelled, train without val gives a seeded share of itself", async () => {
    const set = fresh();
    for (let i = 0; i < 10; i++) {
      await set.image(`train/images/${i}.png`, 2, 2, i + 1);
      await set.mask(`train/masks/${i}.png`, checks);
    }
    await set.image("test/images/t.png", 2, 2);
    const dataset = await openDataset(set.path, { seed: 3 });
    expect([dataset.splits.train!.length, dataset.splits.val!.length]).toEqual([8, 2]);
    expect(dataset.splitRule).toBe("the training images split by seed 3: 20 % for validation");
    const { mask } = await loadSample(dataset.splits.test![0]!);
    expect(mask).toEqual({ data: new Uint8Array(4).fill(255), height: 2, width: 2 });
  });

  it("contest: background and foreground whatever the class file says; val_image is unlabelled", async () => {
    const set = fresh();
    for (const name of ["cat", "dog"])
      for (let i = 0; i < 5; i++) {
        await set.image(`train_image/${name}/${i}.png`, 2, 2, i + 1);
        await set.mask(`train_50k_mask/${name}/${i}.png`, [
          [0, 255],
          [255, 255],
        ]);
      }
    await set.image("val_image/x.png", 2, 2);
    set.text("classes.json", ["cat", "dog"]);
    const dataset = await openDataset(set.path);
    expect(dataset).toMatchObject({
      layout: "contest",
      encoding: "binary",
      classes: { names: ["background", "foreground"], numClasses: 2 },
    });
    expect(dataset.splits.val!.map(({ id }) => id.split("/")[0])).toEqual(["cat", "dog"]);
    expect(ids(dataset).unlabelled).toEqual(["x"]);
    expect([...(await loadSample(dataset.splits.train![0]!)).mask.data]).toEqual([0, 1, 1, 1]);
  });

  it("Pascal VOC: splits by lists, images without masks left out, void border ignored", async () => {
    const set = fresh();
    const palette = Array.from({ length: 256 }, (_, i) => [i, i, i]);
    for (const name of ["a", "b", "boxes-only"]) await set.image(`VOC2012/JPEGImages/${name}.png`, 2, 2);
    for (const name of ["a", "b"])
      await set.palette(
        `VOC2012/SegmentationClass/${name}.png`,
        [
          [15, 255],
          [0, 20],
        ],
        palette,
      );
    set.text("VOC2012/ImageSets/Segmentation/train.txt", "a\n");
    set.text("VOC2012/ImageSets/Segmentation/val.txt", "b\r\n");
    for (const path of [set.path, set.at("VOC2012")]) {
      const dataset = await openDataset(path);
      expect(dataset).toMatchObject({ layout: "voc", classes: { numClasses: 21 } });
      expect(dataset.classes.names[15]).toBe("person");
      expect(ids(dataset)).toEqual({ train: ["a"], val: ["b"] });
      expect([...(await loadSample(dataset.splits.train![0]!)).mask.data]).toEqual([15, 255, 0, 20]);
    }
  });

  it("COCO: annotations/instances_train.json with train/ and val/ beside it", async () => {
    const set = fresh();
    const json = (name: string) => ({
      images: [{ id: 1, file_name: `${name}.png`, height: 2, width: 3 }],
      categories: [{ id: 4, name: "thing" }],
      annotations: [{ image_id: 1, category_id: 4, area: 2, segmentation: [[1, 0, 3, 0, 3, 1, 1, 1]] }],
    });
    for (const split of ["train", "val"]) {
      await set.image(`${split}2017/${split}-1.png`, 2, 3);
      set.text(`annotations/instances_${split}2017.json`, json(`${split}-1`));
    }
    const dataset = await openDataset(set.path);
    expect(dataset).toMatchObject({ layout: "coco", encoding: "shapes", classes: { names: ["background", "thing"] } });
    expect(ids(dataset)).toEqual({ train: ["train-1"], val: ["val-1"] });
    expect([...(await loadSample(dataset.splits.val![0]!)).mask.data]).toEqual([0, 1, 1, 0, 0, 0]);
    const one = await openDataset(set.at("annotations/instances_val2017.json"));
    expect(ids(one)).toEqual({ train: ["val-1"] });
  });

  it("plain: images/ and masks/, names paired through words like _mask and through links", async () => {
    const set = fresh();
    const real = fresh();
    for (const name of ["one", "two", "three", "four"]) await set.image(`Images/${name}.png`, 2, 2);
    await set.mask("Masks/one.png", checks);
    await set.mask("Masks/two_mask.png", checks);
    await set.mask("Masks/mask_three.png", checks);
    symlinkSync(await real.mask("elsewhere.png", checks), set.at("Masks/four.png"));
    set.text("Images/.DS_Store", "x");
    set.text("Images/notes.txt", "x");
    const dataset = await openDataset(set.path, { validation: 0.5 });
    expect(dataset).toMatchObject({ layout: "plain", classesFrom: "the values in the masks", issues: [] });
    expect(Object.values(ids(dataset)).flat().sort()).toEqual(["four", "one", "three", "two"]);
  });

  it("plain: K folds cover each image once", async () => {
    const set = fresh();
    for (let i = 0; i < 7; i++) {
      await set.image(`images/${i}.png`, 2, 2);
      await set.mask(`masks/${i}.png`, checks);
    }
    const folds = await Promise.all([1, 2, 3].map((index) => openDataset(set.path, { fold: { index, count: 3 } })));
    expect(folds.flatMap((dataset) => ids(dataset).val!).sort()).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(folds[1]!.splitRule).toBe("fold 2 of 3, seed 1");
    await expect(openDataset(set.path, { fold: { index: 1, count: 9 } })).rejects.toThrow(
      /at least 9 images for 9 folds/,
    );
  });

  it("list file: tabs, commas or spaces, comments, header; train.txt and val.txt in a folder", async () => {
    const set = fresh();
    for (const name of ["a", "b", "c c"]) {
      await set.image(`x/${name}.png`, 2, 2);
      await set.mask(`y/${name}.png`, checks);
    }
    const one = set.text(
      "all.txt",
      `# my set\nx/a.png y/a.png\nx/b.png\ty/b.png\nx/c c.png,${set.at("y/c c.png")}\n\n`,
    );
    expect(
      Object.values(ids(await openDataset(one)))
        .flat()
        .sort(),
    ).toEqual(["x/a", "x/b", "x/c c"]);
    set.text("lists/train.csv", "image,mask\n../x/a.png,../y/a.png\n");
    set.text("lists/val.csv", "../x/b.png,../y/b.png\n");
    expect(ids(await openDataset(set.at("lists")))).toEqual({ train: ["../x/a"], val: ["../x/b"] });
  });

  it("a folder of images opens as unlabelled on request", async () => {
    const set = fresh();
    await set.image("deep/a.png", 2, 2);
    expect(ids(await openDataset(set.path, { layout: "unlabelled" }))).toEqual({ unlabelled: ["deep/a"] });
    expect(await failure(set.path)).toMatch(/it holds deep\/; expected one of: .*layout unlabelled/);
  });

  it("samples survive structured cloning, as they are posted to threads", async () => {
    const set = fresh();
    await set.image("images/a.png", 2, 2);
    await set.mask("masks/a.png", [
      [0, 7],
      [1, 255],
    ]);
    const { splits } = await openDataset(set.path);
    const sample = JSON.parse(JSON.stringify(structuredClone(splits.train![0]!)));
    expect([...(await loadSample(sample)).mask.data]).toEqual([0, 7, 1, 255]);
  });
});

describe("broken input: one error that says what was expected, what came and what to do", () => {
  it("a missing folder, with the nearest name", async () => {
    const set = fresh();
    set.text("camvid/x.txt", "");
    expect(await failure(set.at("camvd"))).toMatch(
      /camvd: there is no such file or folder; expected a folder.*Did you mean .*camvid\?/,
    );
  });

  it("a folder in no layout, with what it holds and a hint to a subfolder that is in one", async () => {
    const set = fresh();
    await set.image("data/images/a.png", 2, 2);
    await set.mask("data/masks/a.png", checks);
    expect(await failure(set.path)).toMatch(
      /it holds data\/; expected one of: \{train,val,test\}.*Did you mean .*data\?/,
    );
    expect(await failure(set.at("data"), { layout: "voc" })).toMatch(
      /it holds images\/, masks\/; expected the layout "voc"/,
    );
  });

  it("an empty split", async () => {
    const set = fresh();
    await set.image("train/images/a.png", 2, 2);
    await set.mask("train/masks/a.png", checks);
    set.text("val/images/readme.txt", "");
    expect(await failure(set.path)).toMatch(/has no images \(split val\); expected images in each split/);
  });

  it("an image without a mask, unless it is to be skipped or kept as unlabelled", async () => {
    const set = fresh();
    for (const name of ["a", "b", "c"]) await set.image(`images/${name}.png`, 2, 2);
    await set.mask("masks/a.png", checks);
    expect(await failure(set.path)).toMatch(
      /images\/b\.png: has no mask, like 1 more; expected a mask for each image\. .*skip/,
    );
    expect(Object.values(ids(await openDataset(set.path, { unpaired: "skip" }))).flat()).toEqual(["a"]);
    const kept = await openDataset(set.path, { unpaired: "unlabelled", validation: 0 });
    expect(kept.splits.train!.map(({ decode }) => decode.kind)).toEqual(["values", "none", "none"]);
  });

  it("no mask at all, two images of one name, a listed file that is missing, a list line that is no pair", async () => {
    const set = fresh();
    await set.image("train/images/a.png", 2, 2);
    expect(await failure(set.path)).toMatch(/no image has a mask/);
    await set.mask("train/masks/a.png", checks);
    await set.image("train/images/a.jpg", 2, 2);
    expect(await failure(set.path)).toMatch(/a\.png: has the name of another/);
    expect(await failure(set.text("missing.txt", "train/images/a.png none.png"))).toMatch(
      /none\.png: is missing; expected the files/,
    );
    expect(await failure(set.text("odd.txt", "a.png b.png\nsome text here"))).toMatch(/line 2 is "some text here"/);
  });

  it("a broken class file, and broken COCO JSON", async () => {
    const set = fresh();
    await set.image("images/a.png", 2, 2);
    await set.mask("masks/a.png", checks);
    set.text("classes.json", "[1]");
    expect(await failure(set.path)).toMatch(/classes\.json: class 0 has no name/);
    expect(await failure(set.text("coco.json", "{nonsense"))).toMatch(/coco\.json: it is not JSON/);
  });

  it("sizes that differ, unreadable masks and other channels, when the sample is loaded", async () => {
    const set = fresh();
    for (const name of ["a", "b", "c"]) await set.image(`images/${name}.png`, 2, 3);
    for (const name of ["a", "b", "c"]) await set.mask(`masks/${name}.png`, checks);
    const { splits } = await openDataset(set.path, { validation: 0 });
    await expect(loadSample(splits.train![0]!)).rejects.toThrow(
      /masks\/a\.png: the mask is 2x2; expected the size of its image .*2x3\. .*--fix/,
    );
    set.bytes("masks/b.png", readFileSync(set.at("masks/b.png")).subarray(0, 50));
    await expect(loadSample(splits.train![1]!)).rejects.toThrow(/masks\/b\.png: the PNG ends early/);
    await expect(loadSample({ ...splits.train![2]!, channels: 4 })).rejects.toThrow(
      /images\/c\.png: the image has 3; expected 4 channels/,
    );
  });

  it("mask values outside the classes are counted and ignored", async () => {
    const set = fresh();
    await set.image("images/a.png", 2, 2);
    await set.mask("masks/a.png", [
      [0, 1],
      [2, 9],
    ]);
    set.text("classes.json", ["a", "b"]);
    const loaded = await loadSample((await openDataset(set.path)).splits.train![0]!);
    expect([...loaded.mask.data]).toEqual([0, 1, 255, 255]);
    expect(loaded.outOfRange).toBe(2);
  });
});

describe("channels", () => {
  it("grey images in a set with colour images are repeated; band names make RGBA four bands", async () => {
    const set = fresh();
    await set.image("images/a.png", 2, 2);
    await set.mask("images/b.png", [
      [9, 9],
      [9, 9],
    ]);
    for (const name of ["a", "b"]) await set.mask(`masks/${name}.png`, checks);
    const { splits, channels } = await openDataset(set.path, { validation: 0 });
    expect(channels).toBe(3);
    expect([...(await loadSample(splits.train![1]!)).image.data]).toEqual(new Array(12).fill(9));
    set.text("classes.json", { classes: ["x", "y"], bands: ["red", "green", "blue", "nir"] });
    expect(await openDataset(set.path)).toMatchObject({ channels: 4, bands: ["red", "green", "blue", "nir"] });
  });
});
