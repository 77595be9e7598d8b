/** @file The real sets opened and loaded, against the pixel counts and sizes published with them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smallSet } from "../../test/small-sets.js";
import { openDataset } from "./dataset.js";
import { loadSample } from "./load.js";

const shared = new URL("../../../shared/data/", import.meta.url).pathname;
interface RealSet {
  readonly layout: string;
  readonly channels: number;
  readonly sizes: readonly number[];
  readonly names: readonly string[];
}
/** Layout, channels, images in train/val/test (or all) and first class, from the sets' own README. */
const realSets: Readonly<Record<string, RealSet>> = {
  "camvid-mini": { layout: "standard", channels: 3, sizes: [60, 20, 20], names: ["sky", "building"] },
  membrane: { layout: "standard", channels: 1, sizes: [20, 5, 5], names: ["cell", "membrane"] },
  nuclei: { layout: "standard", channels: 3, sizes: [40, 10, 10], names: ["background", "nucleus"] },
  pennfudan: { layout: "standard", channels: 3, sizes: [28, 6, 6], names: ["background", "pedestrian"] },
  crackforest: { layout: "standard", channels: 3, sizes: [32, 8, 8], names: ["background", "crack"] },
  water12: { layout: "standard", channels: 12, sizes: [16, 4, 4], names: ["land", "water"] },
  "s2-india": { layout: "standard", channels: 4, sizes: [4, 1, 1], names: ["built_up", "vegetation", "water"] },
  pets: { layout: "plain", channels: 3, sizes: [12], names: ["background", "cat", "dog"] },
};

describe.skipIf(!existsSync(shared))("shared/data", () => {
  it.each(Object.entries(realSets))(
    "%s: pixels of each class and void add up to the published counts",
    async (name, expected) => {
      const dataset = await openDataset(join(shared, name), { validation: expected.sizes.length === 1 ? 0 : 0.2 });
      expect(dataset).toMatchObject({ layout: expected.layout, channels: expected.channels });
      expect(dataset.classes.names.slice(0, expected.names.length)).toEqual(expected.names);
      const splits = expected.sizes.length === 1 ? ["train"] : ["train", "val", "test"];
      expect(splits.map((split) => dataset.splits[split]!.length)).toEqual(expected.sizes);
      const file = JSON.parse(readFileSync(join(shared, name, "classes.json"), "utf8"));
      for (const split of splits) {
        const counts = new Array<number>(256).fill(0);
        for (const sample of dataset.splits[split]!) {
          const { mask, image, outOfRange } = await loadSample(sample);
          expect([outOfRange, image.channels, image.height]).toEqual([0, expected.channels, mask.height]);
          for (const index of mask.data) counts[index]!++;
        }
        const published: number[] = file.pixel_counts?.[split] ?? file.stats[split]?.pixels ?? file.stats.pixels;
        // The sets count by mask value; a void value among them is no class index.
        const byClass = dataset.classes.values.map((value) => published[value]);
        expect(counts.slice(0, dataset.classes.numClasses)).toEqual(byClass);
        const voidPixels =
          file.stats?.[split]?.void_pixels ??
          file.stats?.void_pixels ??
          published[dataset.classes.voids[0]?.value ?? -1] ??
          0;
        expect(counts[255]).toBe(voidPixels);
      }
    },
  );

  it("camvid and davis open with all their pairs", async () => {
    const sizes = async (name: string) => {
      const { splits, classes } = await openDataset(join(shared, name));
      return [classes.numClasses, splits.train!.length, splits.val!.length, splits.test!.length];
    };
    expect(await sizes("camvid")).toEqual([11, 367, 101, 233]);
    expect(await sizes("davis")).toEqual([2, 30, 6, 4]);
  });

  it("fgbg: 40 pairs of background and foreground, none lost between the splits", async () => {
    const { splits, layout, encoding } = await openDataset(join(shared, "fgbg"));
    expect([layout, encoding, splits.train!.length, splits.val!.length]).toEqual(["contest", "binary", 32, 8]);
    const { mask, outOfRange } = await loadSample(splits.train![0]!);
    expect(outOfRange).toBe(0);
    expect(new Set(mask.data)).toEqual(new Set([0, 1]));
  });

  it("voc-labelme: the COCO polygons draw nearly the masks of the VOC layout", async () => {
    const byMask = await openDataset(join(shared, "voc-labelme"), { validation: 0 });
    const byShape = await openDataset(join(shared, "voc-labelme", "coco_annotations.json"), { validation: 0 });
    expect([byMask.layout, byShape.layout]).toEqual(["voc", "coco"]);
    for (const sample of byMask.splits.train!) {
      const masks = await loadSample(sample);
      const shapes = await loadSample(byShape.splits.train!.find(({ image }) => image === sample.image)!);
      let [same, labelled] = [0, 0];
      masks.mask.data.forEach((index, i) => {
        if (index === 255) return;
        labelled++;
        if (index === shapes.mask.data[i]) same++;
      });
      expect(same / labelled).toBeGreaterThan(0.98);
    }
  });

  it("geotiff: 13-band tiles with masks beside a class file one folder up, and polygons on a 16-bit scene", async () => {
    const tiles = await openDataset(join(shared, "geotiff", "sen1floods11", "tiles"), { validation: 0 });
    expect(tiles).toMatchObject({ channels: 13, classes: { names: ["not_water", "water"] } });
    const { image } = await loadSample(tiles.splits.train![0]!);
    expect([image.data.constructor.name, image.channels]).toEqual(["Int16Array", 13]);
    const fields = await openDataset(join(shared, "geotiff", "denmark-fields"));
    const { mask } = await loadSample(fields.splits.train![0]!);
    // The set's README: polygons cover 78 % of the image.
    expect(Array.from(mask.data).filter((index) => index === 1).length / mask.data.length).toBeCloseTo(0.78, 2);
  });

  it("geotiff: a list pairs single scenes; negative labels are void", async () => {
    const set = smallSet();
    const flood = join(shared, "geotiff", "sen1floods11");
    const list = set.text(
      "scene.txt",
      `${join(flood, "Spain_7370579_S2Hand.tif")},${join(flood, "Spain_7370579_LabelHand.tif")}`,
    );
    const dataset = await openDataset(list, { classes: join(flood, "classes.json") });
    const { mask, outOfRange } = await loadSample(dataset.splits.train![0]!);
    const counts = [0, 1, 255].map((index) => Array.from(mask.data).filter((value) => value === index).length);
    expect([...counts, outOfRange]).toEqual([192010, 70035, 99, 0]);
    set.remove();
  });
});
