/**
 * @file List files: `image mask` a line, separated by a tab, comma, semicolon or space; paths relative to the list.
 *
 * One file (split by seed), or a folder with `train.txt`, `val.txt`, `test.txt`. A line with one path is an unlabelled image;
 * lines that start with `#` are comments.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative } from "node:path";
import { DataError } from "../../errors/index.js";
import { isImageName, splitNamed } from "../listing.js";
import type { Entry, LayoutIssue } from "../pairs.js";
import { emptySplits, type Found, type Layout, type Place } from "./layout.js";

const isListName = (name: string) => /\.(txt|lst|csv|tsv)$/i.test(name);

/** The paths of a line: separators that paths may contain (spaces) only count when no other one is there. */
function parseLine(line: string): string[] {
  const separator = ["\t", ",", ";"].find((candidate) => line.includes(candidate)) ?? /\s+/;
  return line
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

async function readList(file: string, split: string): Promise<{ entries: Entry[]; issues: LayoutIssue[] } | undefined> {
  const folder = dirname(file);
  const lines = (await readFile(file, "utf8")).split(/\r?\n/).map((text, i) => ({ text: text.trim(), number: i + 1 }));
  const rows = lines.filter(({ text }) => text !== "" && !text.startsWith("#"));
  const entries: Entry[] = [];
  const issues: LayoutIssue[] = [];
  for (const { text, number } of rows) {
    const paths = parseLine(text);
    // A header line of a table names columns, not files.
    if (number === 1 && !paths.some((path) => isImageName(basename(path)))) continue;
    if (paths.length > 2 || !paths.every((path) => isImageName(basename(path))))
      throw new DataError({
        file,
        expected: "`image mask` a line, two image files separated by a space, tab or comma",
        found: `line ${number} is "${text.slice(0, 80)}"`,
        next: "Use tabs or commas when paths contain spaces.",
      });
    const [image, mask] = paths.map((path) => (isAbsolute(path) ? path : join(folder, path))) as [
      string,
      string | undefined,
    ];
    const missing = [image, mask].find((path) => path !== undefined && !existsSync(path));
    if (missing) issues.push({ kind: "missing-file", split, file: missing });
    else {
      const id = relative(folder, image).slice(0, -extname(image).length).replaceAll("\\", "/");
      entries.push({ id, image, ...(mask ? { mask } : {}) });
    }
  }
  return rows.length === 0 ? undefined : { entries, issues };
}

async function read({ path, files, isFile }: Place): Promise<Found | undefined> {
  const lists = isFile
    ? isListName(path)
      ? [{ file: path, split: "all" }]
      : []
    : files.flatMap((name) => {
        const split = isListName(name) ? splitNamed(basename(name, extname(name))) : undefined;
        return split ? [{ file: join(path, name), split }] : [];
      });
  const splits: Record<string, Entry[]> = {};
  const issues: LayoutIssue[] = [];
  for (const { file, split } of lists) {
    const list = await readList(file, split);
    splits[split] = list?.entries ?? [];
    issues.push(...(list?.issues ?? []));
  }
  if (lists.length === 0) return undefined;
  // In a split with masks, a line without one is most likely a slip.
  for (const [split, entries] of Object.entries(splits))
    if (entries.some(({ mask }) => mask))
      for (const { image, mask } of entries) if (!mask) issues.push({ kind: "image-without-mask", split, file: image });
  return { splits, issues: [...issues, ...emptySplits(splits, path)], folder: isFile ? dirname(path) : path };
}

export const list: Layout = {
  name: "list",
  shape: "a text file with `image mask` a line, or a folder with train.txt and val.txt",
  read,
};
