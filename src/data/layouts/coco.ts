/** @file COCO JSON: a file, or a folder with such files in it, in `annotations/` or in the folders of the splits. */
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { ClassTable } from "../classes.js";
import { readCoco } from "../coco.js";
import { listFolder, splitNamed } from "../listing.js";
import type { LayoutIssue } from "../pairs.js";
import { emptySplits, type Found, type Layout, type LayoutEntry, type Place } from "./layout.js";

/** Captions, keypoints and panoptic files lie beside the instances and have no polygons of classes. */
const isCandidate = (name: string) =>
  /\.json$/i.test(name) && !/^(classes|captions|person_keypoints|panoptic|image_info)/i.test(name);

/** `train` for `instances_train2017.json`, `train/annotations.json` and the like; `all` when nothing tells. */
function splitOf(file: string): string {
  const words = [basename(file, extname(file)), basename(dirname(file))].flatMap((name) => name.split(/[^a-z]+/i));
  return words.map(splitNamed).find((split) => split !== undefined) ?? "all";
}

async function annotationFiles({ path, files, folders, isFile }: Place): Promise<string[]> {
  if (isFile) return isCandidate(path) || /\.json$/i.test(path) ? [path] : [];
  const found = files.filter(isCandidate).map((name) => join(path, name));
  for (const folder of folders.filter((name) => /^annotations?$/i.test(name) || splitNamed(name)))
    found.push(
      ...(await listFolder(join(path, folder))).files.filter(isCandidate).map((name) => join(path, folder, name)),
    );
  return found;
}

/** Where the images of an annotation file lie: beside it, in `images/`, or in the folder of its split such as `train2017/`. */
async function imageFolders(file: string, split: string): Promise<string[]> {
  const beside = dirname(file);
  const above = dirname(beside);
  const splits = (await listFolder(above)).folders.filter((name) => splitNamed(name.replace(/\d+$/, "")) === split);
  return [
    beside,
    join(beside, "images"),
    above,
    join(above, "images"),
    ...splits.map((name) => join(above, name)),
  ].flatMap((folder) => [folder, join(folder, split)]);
}

async function read(place: Place): Promise<Found | undefined> {
  const splits: Record<string, LayoutEntry[]> = {};
  const issues: LayoutIssue[] = [];
  let classes: ClassTable | undefined;
  for (const file of await annotationFiles(place)) {
    const coco = await readCoco(file);
    if (!coco) continue;
    classes ??= coco.classes;
    // A single file is the whole set, whatever it is called.
    const split = place.isFile ? "all" : splitOf(file);
    const folders = await imageFolders(file, splitOf(file));
    splits[split] ??= [];
    for (const { fileName, height, width, shapes } of coco.images) {
      const image = folders.map((folder) => join(folder, fileName)).find((path) => existsSync(path));
      if (!image) issues.push({ kind: "missing-file", split, file: join(dirname(file), fileName) });
      else {
        const id = fileName.slice(0, fileName.length - extname(fileName).length);
        splits[split].push({ id, image, mask: file, shapes: { height, width, background: coco.background, shapes } });
      }
    }
  }
  if (!classes) return undefined;
  const folder = place.isFile ? dirname(place.path) : place.path;
  return { splits, issues: [...issues, ...emptySplits(splits, folder)], classes, folder };
}

export const coco: Layout = { name: "coco", shape: "COCO JSON with its images", read };
