/** @file Which mask belongs to which image: the same name, or the same but for words like `_mask`. */
import type { ListedFile } from "./listing.js";

/** An image and where its labels are. */
export interface Entry {
  readonly id: string;
  readonly image: string;
  readonly mask?: string;
  /** The class folder it lies in; seeded splits keep the shares of groups. */
  readonly group?: string;
}

/** What is wrong with the files of a split before any is opened. */
export interface LayoutIssue {
  readonly kind: "image-without-mask" | "mask-without-image" | "same-name" | "empty-split" | "missing-file";
  readonly split: string;
  readonly file: string;
}

const maskWords =
  /[_-](mask|masks|label|labels|labelids|trainids|gt|gtfine_labelids|seg|segmentation|annotation|manual1|l|p)$/i;
const imageWords = /[_-](image|img|sat|leftimg8bit|rgb)$/i;
const firstWords = /(^|\/)(mask|label|gt|seg|image|img)[_-]/i;

/** The part of a name that images and masks share: lower case, without such words at its end or start. */
const core = (key: string, words: RegExp) => key.replace(words, "").replace(firstWords, "$1").toLowerCase();

function firstByKey(files: readonly ListedFile[], keyOf: (file: ListedFile) => string): Map<string, ListedFile> {
  const map = new Map<string, ListedFile>();
  for (const file of files) if (!map.has(keyOf(file))) map.set(keyOf(file), file);
  return map;
}

/** Pairs found, and issues with the rest. */
export interface Pairs {
  readonly entries: readonly Entry[];
  readonly issues: readonly LayoutIssue[];
}

/** Pairs the images of a split with its masks. Images without a mask come as entries without one, and as issues. */
export function pairFiles(split: string, images: readonly ListedFile[], masks: readonly ListedFile[]): Pairs {
  const exact = firstByKey(masks, ({ key }) => key);
  const similar = firstByKey(masks, ({ key }) => core(key, maskWords));
  const issues: LayoutIssue[] = [];
  const used = new Set<string>();
  const taken = new Set<string>();
  const entries: Entry[] = [];
  for (const { path: image, key } of images) {
    if (taken.has(key)) issues.push({ kind: "same-name", split, file: image });
    if (taken.has(key)) continue;
    taken.add(key);
    const mask = (exact.get(key) ?? similar.get(core(key, imageWords)))?.path;
    if (mask) used.add(mask);
    else issues.push({ kind: "image-without-mask", split, file: image });
    entries.push({ id: key, image, ...(mask ? { mask } : {}) });
  }
  for (const { path: file, key } of masks)
    if (!used.has(file))
      issues.push({ kind: exact.get(key)?.path === file ? "mask-without-image" : "same-name", split, file });
  return { entries, issues };
}

/** Entries of images that have no masks at all. */
export function withoutMasks(images: readonly ListedFile[]): Entry[] {
  return images.map(({ path: image, key: id }) => ({ id, image }));
}
