/** @file Pascal VOC: `JPEGImages`, `SegmentationClass`, splits in `ImageSets/Segmentation/{train,val}.txt` where present. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { vocColour } from "../../raster/palette.js";
import { makeClassTable, voidEntry } from "../classes.js";
import { listFolder, listImages } from "../listing.js";
import { type Entry, type LayoutIssue, pairFiles } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

/** The classes of VOC 2007 to 2012 in order; 0 is background, 255 the border of objects. */
const vocNames =
  "background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor";

const vocClasses = makeClassTable(
  vocNames.split(" ").map((name, value) => ({ value, name, colour: vocColour(value) })),
  [voidEntry(255, "border")],
);

async function readNames(file: string): Promise<string[] | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text
    ?.split(/\r?\n/)
    .map((line) => line.trim().split(/\s+/)[0]!)
    .filter((name) => name !== "");
}

async function read({ path, folders }: Place): Promise<Found | undefined> {
  if (!folders.includes("JPEGImages") || !folders.includes("SegmentationClass")) return undefined;
  const pairs = pairFiles(
    "all",
    await listImages(join(path, "JPEGImages")),
    await listImages(join(path, "SegmentationClass")),
  );
  const byId = new Map(pairs.entries.map((entry) => [entry.id, entry]));
  const issues: LayoutIssue[] = pairs.issues.filter(({ kind }) => kind === "mask-without-image");
  const lists = join(path, "ImageSets", "Segmentation");
  const splits: Record<string, Entry[]> = {};
  for (const split of ["train", "val", "test"]) {
    const names = await readNames(join(lists, `${split}.txt`));
    if (!names) continue;
    splits[split] = names.flatMap((name) => byId.get(name) ?? []);
    for (const name of names) {
      const entry = byId.get(name);
      if (!entry) issues.push({ kind: "missing-file", split, file: join(path, "JPEGImages", `${name}.jpg`) });
      else if (!entry.mask && split !== "test") issues.push({ kind: "image-without-mask", split, file: entry.image });
    }
  }
  // Most images of VOC have boxes only: without lists, those with a mask are the set.
  if (Object.keys(splits).length === 0) splits.all = pairs.entries.filter(({ mask }) => mask);
  return { splits, issues: [...issues, ...emptySplits(splits, path)], classes: vocClasses, folder: path };
}

/** The folder of one year of VOC, or the kit's folder with one year in it. */
async function readKit(place: Place): Promise<Found | undefined> {
  const found = await read(place);
  if (found) return found;
  const years = place.folders.filter((name) => /^VOC\d{4}$/.test(name));
  if (years.length === 1) {
    const path = join(place.path, years[0]!);
    return read({ path, ...(await listFolder(path)), isFile: false });
  }
  return undefined;
}

export const voc: Layout = { name: "voc", shape: "Pascal VOC: JPEGImages/ and SegmentationClass/", read: readKit };
