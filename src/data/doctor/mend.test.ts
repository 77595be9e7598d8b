/** @file Mended copies: what each fault becomes, what is left out, and that the copy is healthy. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { type SmallSet, smallSet } from "../../../test/small-sets.js";
import { readRaster } from "../../raster/read.js";
import { readMask } from "../../raster/read-mask.js";
import { resizeMask } from "../../raster/resize-mask.js";
import { type DatasetOptions, openDataset } from "../dataset.js";
import { loadSample } from "../load.js";
import { formatMending, mendDataset } from "./mend.js";
import { runDoctor } from "./report.js";

const made: SmallSet[] = [];
const fresh = () => {
  const set = smallSet();
  made.push(set);
  return set;
};
afterEach(() => {
  for (const set of made.splice(0)) set.remove();
});

type Rows = readonly (readonly number[])[];
async function setOf(masks: Readonly<Record<string, Rows>>, classes?: unknown): Promise<SmallSet> {
  const set = fresh();
  for (const [name, rows] of Object.entries(masks)) {
    await set.image(`images/${name}.png`, rows.length, rows[0]!.length, name.length);
    await set.mask(`masks/${name}.png`, rows);
  }
  if (classes) set.text("classes.json", classes);
  return set;
}
const whole: DatasetOptions = { validation: 0 };
/** Mends and gives the masks of the copy by name, and the report. */
async function mended(set: SmallSet, options: DatasetOptions = whole) {
  const report = await mendDataset(set.path, set.at("copy"), options);
  const folder = set.at("copy", "train", "masks");
  const masks: Record<string, number[]> = {};
  for (const name of existsSync(folder) ? readdirSync(folder) : [])
    masks[name.replace(".png", "")] = [...(await readMask(join(folder, name))).data];
  return { report, masks };
}

describe("values become class indices", () => {
  it("0/255, alone and among 0/1", async () => {
    const set = await setOf({ a: [[0, 255]], b: [[0, 1]] }, ["no", "yes"]);
    expect((await mended(set)).masks).toEqual({ a: [0, 1], b: [0, 1] });
    const lost = await setOf({ a: [[0, 255]] }, { classes: ["no", "yes"], void_index: 255 });
    expect((await mended(lost)).masks).toEqual({ a: [0, 1] });
  });

  it("values counted from 1, 0 as unlabelled, stretched greys", async () => {
    const names = ["a", "b", "c"];
    expect((await mended(await setOf({ x: [[1, 2, 3, 255]] }, names))).masks).toEqual({ x: [0, 1, 2, 255] });
    expect((await mended(await setOf({ x: [[0, 1, 2, 3]] }, names))).masks).toEqual({ x: [255, 0, 1, 2] });
    expect((await mended(await setOf({ x: [[0, 127, 255]] }, names))).masks).toEqual({ x: [0, 1, 2] });
  });

  it("a void value in the middle moves to 255, and the class file with it", async () => {
    const set = await setOf(
      { x: [[0, 1, 2]] },
      { void_index: 1, classes: ["a", "none", { name: "b", color: [1, 2, 3] }] },
    );
    expect((await mended(set)).masks).toEqual({ x: [0, 255, 1] });
    const copy = await openDataset(set.at("copy"));
    expect(copy.classes).toMatchObject({ names: ["a", "b"], values: [0, 1], voids: [{ value: 255, name: "none" }] });
    expect(copy.classes.colours[1]).toEqual([1, 2, 3]);
  });

  it("colours, exact and soft-edged; unknown values become void and are counted", async () => {
    const set = await setOf({}, { road: [0, 0, 0], car: [0, 0, 200] });
    await set.image("images/x.png", 1, 3);
    await set.colours("masks/x.png", [
      [
        [0, 0, 0],
        [0, 0, 180],
        [0, 0, 200],
      ],
    ]);
    const { masks, report } = await mended(set);
    expect([masks, report.snappedPixels]).toEqual([{ x: [0, 1, 1] }, 1]);
    const odd = await mended(await setOf({ x: [[0, 1, 77]] }, ["a", "b"]));
    expect([odd.masks, odd.report.voidedPixels]).toEqual([{ x: [0, 1, 255] }, 1]);
  });

  it("blurred 0/255 of a JPEG snaps to the nearer", async () => {
    const set = await setOf({}, ["no", "yes"]);
    const ideal = Array.from({ length: 256 }, (_, i) => (i % 16 < 5 && i > 40 ? 1 : 0));
    await set.image("images/x.png", 16, 16);
    const grey = sharp(Buffer.from(ideal.map((v) => v * 255)), { raw: { width: 16, height: 16, channels: 1 } });
    set.bytes("masks/x.jpg", await grey.toColourspace("b-w").jpeg({ quality: 60 }).toBuffer());
    const { masks, report } = await mended(set);
    expect(masks.x).toEqual(ideal);
    expect(report.snappedPixels).toBeGreaterThan(0);
  });
});

describe("sizes", () => {
  it("resizeMask takes the value under the centre of each pixel", () => {
    const mask = { data: Uint8Array.of(1, 2, 3, 4), height: 2, width: 2 };
    expect([...resizeMask(mask, 4, 3).data]).toEqual([1, 2, 2, 1, 2, 2, 3, 4, 4, 3, 4, 4]);
    expect([...resizeMask({ ...mask, data: Uint16Array.of(300, 2, 3, 4) }, 1, 1).data]).toEqual([4]);
  });

  it("a mask of the image's aspect is resized; one of another aspect is left out", async () => {
    const set = await setOf({ good: [[0, 1]] }, ["a", "b"]);
    await set.image("images/scaled.png", 4, 4, 5);
    await set.mask("masks/scaled.png", [
      [0, 1],
      [1, 0],
    ]);
    await set.image("images/foreign.png", 9, 9, 6);
    await set.mask("masks/foreign.png", [[0, 1, 0, 0]]);
    const { masks, report } = await mended(set);
    expect(masks).toEqual({ good: [0, 1], scaled: [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0] });
    expect(report).toMatchObject({ written: { train: 2 }, resized: 1 });
    expect(report.leftOut).toEqual([
      { file: set.at("masks/foreign.png"), reason: expect.stringMatching(/neither size nor aspect/) },
    ]);
  });

  it("a photograph with a rotation tag is written upright; without a tag the pair is left out", async () => {
    const set = await setOf({}, ["a", "b"]);
    const raw = { width: 4, height: 2, channels: 3 } as const;
    const pixels = Buffer.from(Array.from({ length: 24 }, (_, i) => i * 10));
    set.bytes("images/tagged.png", await sharp(pixels, { raw }).png().withMetadata({ orientation: 6 }).toBuffer());
    await set.image("images/plain.png", 2, 4);
    const upright: Rows = [
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ];
    for (const name of ["tagged", "plain"]) await set.mask(`masks/${name}.png`, upright);
    const { report } = await mended(set);
    expect([report.turned, report.written]).toEqual([1, { train: 1 }]);
    // Orientation 6: the stored left column is the top row when upright, bottom pixel first.
    const { data, height, width } = await readRaster(set.at("copy/train/images/tagged.png"));
    expect([height, width, data[0], data[3]]).toEqual([4, 2, 120, 0]);
    expect(report.leftOut[0]!.reason).toMatch(/no rotation tag/);
  });
});

describe("the copy", () => {
  it("keeps images byte for byte, splits and class folders, and passes the doctor", async () => {
    const set = fresh();
    for (const name of ["cat/1", "cat/2", "dog/1", "dog/2", "dog/3"]) {
      await set.image(`train_image/${name}.png`, 2, 2, name.charCodeAt(0) + Number(name.at(-1)));
      await set.mask(`train_50k_mask/${name}.png`, [
        [0, 255],
        [255, 0],
      ]);
    }
    await set.image("val_image/later.png", 2, 2, 50);
    const report = await mendDataset(set.path, set.at("copy"));
    expect(report.written).toEqual({ train: 4, val: 1, unlabelled: 1 });
    const copy = await openDataset(set.at("copy"));
    expect(copy).toMatchObject({
      layout: "standard",
      encoding: "index",
      classes: { names: ["background", "foreground"] },
    });
    const { id, image } = copy.splits.train![0]!;
    expect(readFileSync(image)).toEqual(readFileSync(set.at("train_image", `${id}.png`)));
    expect([...(await loadSample(copy.splits.val![0]!)).mask.data]).toEqual([0, 1, 1, 0]);
    expect(copy.splits.unlabelled![0]!.decode.kind).toBe("none");
    expect((await runDoctor(set.at("copy"))).counts.error).toBe(0);
  });

  it("leaves out and lists unreadable files, lonely images and masks, other channels", async () => {
    const set = await setOf({ a: [[0, 1]], bb: [[0, 1]], ccc: [[0, 1]] }, ["x", "y"]);
    writeFileSync(set.at("masks/bb.png"), "not a picture");
    await set.image("images/lonely.png", 2, 2, 9);
    await set.mask("masks/lost.png", [[0]]);
    const { report, masks } = await mended(set);
    expect(Object.keys(masks)).toEqual(["a", "ccc"]);
    expect(
      report.leftOut.map(({ file, reason }) => [file.slice(set.path.length + 1), reason.replace(/^\S+: /, "")]),
    ).toEqual([
      ["images/lonely.png", "image without mask"],
      ["masks/lost.png", "mask without image"],
      ["masks/bb.png", expect.stringMatching(/^not an image/)],
    ]);
    expect(formatMending(report)).toMatch(
      /^Wrote .*copy: train 2\.\nLeft out 3:\n {2}\S+lonely\.png: image without mask\n/,
    );
  });

  it("draws COCO polygons as masks, and list ids that lead out of the folder stay inside the copy", async () => {
    const set = fresh();
    await set.image("pictures/p.png", 1, 3);
    const annotations = [{ image_id: 1, category_id: 2, segmentation: [[1, 0, 3, 0, 3, 1, 1, 1]] }];
    set.text("coco.json", {
      images: [{ id: 1, file_name: "pictures/p.png", height: 1, width: 3 }],
      categories: [{ id: 2, name: "thing" }],
      annotations,
    });
    await mendDataset(set.at("coco.json"), set.at("copy"), whole);
    expect([...(await readMask(set.at("copy/train/masks/pictures/p.png"))).data]).toEqual([0, 1, 1]);
    await set.mask("m.png", [[0, 1, 1]]);
    set.text("lists/train.txt", "../pictures/p.png ../m.png\n");
    await mendDataset(set.at("lists"), set.at("listed"), whole);
    expect(existsSync(set.at("listed/train/images/pictures/p.png"))).toBe(true);
  });

  it("refuses a folder that holds something, and leaves nothing behind when it fails", async () => {
    const set = await setOf({ a: [[0, 1]] }, ["x", "y"]);
    set.text("full/x.txt", "x");
    await expect(mendDataset(set.path, set.at("full"), whole)).rejects.toThrow(
      /full is not empty; expected a new or empty folder/,
    );
    await expect(mendDataset(set.path, set.at("full/x.txt/deep"), whole)).rejects.toThrow(
      /a part of the path is a file/,
    );
    await expect(mendDataset(set.at("nowhere"), set.at("copy"), whole)).rejects.toThrow(
      /there is no such file or folder/,
    );
    expect(readdirSync(set.path).sort()).toEqual(["classes.json", "full", "images", "masks"]);
  });

  it("tells progress over both readings", async () => {
    const set = await setOf({ a: [[0, 1]], bb: [[0, 1]] }, ["x", "y"]);
    const seen: string[] = [];
    await mendDataset(set.path, set.at("copy"), {
      ...whole,
      onProgress: (done, total) => seen.push(`${done}/${total}`),
    });
    expect(seen).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  });
});
