/** @file The table of layouts, in the order in which they are tried, and the search for the one that fits. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "../../errors/index.js";
import { nearestNames } from "../../util/nearest.js";
import { listFolder } from "../listing.js";
import { coco } from "./coco.js";
import { contest } from "./contest.js";
import type { Found, Layout, Place } from "./layout.js";
import { list } from "./list.js";
import { plain } from "./plain.js";
import { standard } from "./standard.js";
import { unlabelled } from "./unlabelled.js";
import { voc } from "./voc.js";

export type LayoutName = "standard" | "contest" | "voc" | "plain" | "coco" | "list" | "unlabelled";

/** Every layout. Mask files come before annotation files, which often accompany them. */
export const layouts: Readonly<Record<LayoutName, Layout>> = { standard, contest, voc, plain, coco, list, unlabelled };

/** Layouts that recognise themselves; a folder of images alone would recognise everything. */
const recognised = Object.values(layouts).filter((layout) => layout !== unlabelled);

async function openPlace(path: string): Promise<Place> {
  const kind = await stat(path).catch(() => undefined);
  if (!kind) {
    const near = nearestNames(basename(path), await readdir(dirname(path)).catch(() => []), 1);
    throw new DataError({
      file: path,
      expected: "a folder with a data set",
      found: "there is no such file or folder",
      next: near.length > 0 ? `Did you mean ${join(dirname(path), near[0]!)}?` : "Check the path.",
    });
  }
  return kind.isDirectory()
    ? { path, ...(await listFolder(path)), isFile: false }
    : { path, files: [], folders: [], isFile: true };
}

function describeContent({ files, folders, isFile }: Place): string {
  if (isFile) return "the file is in none of them";
  if (files.length + folders.length === 0) return "the folder is empty";
  const names = [...folders.map((name) => `${name}/`), ...files];
  return `it holds ${names.slice(0, 6).join(", ")}${names.length > 6 ? ` and ${names.length - 6} more` : ""}`;
}

/** A subfolder that is itself in a known layout, for the hint of an error. */
async function recognisedBelow({ path, folders }: Place): Promise<string | undefined> {
  for (const name of folders.slice(0, 20)) {
    const below = { path: join(path, name), ...(await listFolder(join(path, name))), isFile: false };
    for (const layout of recognised) if (await layout.read(below).catch(() => undefined)) return below.path;
  }
  return undefined;
}

/**
 * What lies at a path, by the named layout or the first that recognises it.
 *
 * @throws DataError when the path does not exist or is in no (or not in that) layout.
 */
export async function readLayout(path: string, name?: LayoutName): Promise<{ layout: LayoutName; found: Found }> {
  const place = await openPlace(path);
  for (const layout of name ? [layouts[name]] : recognised) {
    const found = await layout.read(place);
    if (found) return { layout: layout.name as LayoutName, found };
  }
  const below = await recognisedBelow(place);
  throw new DataError({
    file: path,
    expected: name
      ? `the layout "${name}" (${layouts[name].shape})`
      : `one of: ${recognised.map(({ shape }) => shape).join("; ")}`,
    found: describeContent(place),
    next: below
      ? `Did you mean ${below}?`
      : "Arrange the files in one of these ways; for images without masks give the layout unlabelled.",
  });
}
