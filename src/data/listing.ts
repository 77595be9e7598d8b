/** @file What lies in a folder: image files with their keys, subfolders, and the words people use for both. */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { imageExtensions } from "../raster/formats.js";

/** An image or mask file of a folder. */
export interface ListedFile {
  readonly path: string;
  /** Path under the listed folder, without extension, with `/`: what pairs images and masks. */
  readonly key: string;
}

const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** True for files that count as images by their name; hidden files and Finder's copies do not. */
export const isImageName = (name: string) =>
  !name.startsWith(".") && imageExtensions.includes(extname(name).slice(1).toLowerCase());

/** Names of the files and folders in a folder, links followed, sorted; both empty when there is no such folder. */
export async function listFolder(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry;
    if (kind?.isDirectory()) folders.push(entry.name);
    else if (kind?.isFile()) files.push(entry.name);
  }
  return { files: files.sort(byName), folders: folders.sort(byName) };
}

/** The image files under a folder and its subfolders, sorted by path. */
export async function listImages(folder: string, under = ""): Promise<ListedFile[]> {
  const { files, folders } = await listFolder(join(folder, under));
  const here = files.filter(isImageName).map((name) => ({
    path: join(folder, under, name),
    key: under + basename(name, extname(name)),
  }));
  const below: ListedFile[] = [];
  for (const name of folders) below.push(...(await listImages(folder, `${under}${name}/`)));
  return [...here, ...below];
}

/** Names by which folders of images go, compared without case. */
export const imageFolderNames: readonly string[] = [
  "images",
  "image",
  "imgs",
  "img",
  "img_dir",
  "jpegimages",
  "leftimg8bit",
  "rgb",
];

/** Names by which folders of masks go, compared without case. */
export const maskFolderNames: readonly string[] = [
  "masks",
  "mask",
  "labels",
  "label",
  "annotations",
  "annotation",
  "ann_dir",
  "segmentationclass",
  "segmentations",
  "groundtruth",
  "gt",
];

/** The first of `folders` whose name is in `names`, by the order of `names`. */
export function folderNamed(folders: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const match = folders.find((folder) => folder.toLowerCase() === name);
    if (match) return match;
  }
  return undefined;
}

const splitWords: readonly (readonly [split: string, pattern: RegExp])[] = [
  ["train", /^(train|training|trn)$/i],
  ["val", /^(val|valid|validation|dev)$/i],
  ["test", /^(test|testing|tst)$/i],
  ["unlabelled", /^unlabell?ed$/i],
];

/** `train`, `val`, `test` or `unlabelled` for a folder or file that is called so in one way or another. */
export function splitNamed(name: string): string | undefined {
  return splitWords.find(([, pattern]) => pattern.test(name))?.[0];
}
