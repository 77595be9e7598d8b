/** @file What to predict: files, folders and globs as a list of images, each with a name of its own for its results. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { escapePath, glob, isDynamicPattern } from "tinyglobby";
import { isImageName } from "../data/listing.js";
import { DataError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";

/** An image to be predicted. */
export interface InputFile {
  readonly path: string;
  /** Name for results, with `/` between folders and without extension; no two are equal, even without regard to case. */
  readonly name: string;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  /** Files of folders and globs that are no images by their names. */
  readonly skipped: readonly string[];
}

interface Found {
  readonly path: string;
  /** Folder that was searched; the file's own for one that was named. */
  readonly root: string;
}

const kindOf = (path: string): "file" | "folder" | "none" => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() ? "folder" : found ? "file" : "none";
};

/** The folder before the first part of a glob that is a pattern. */
function rootOf(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => isDynamicPattern(part));
  return resolve(parts.slice(0, Math.max(0, first)).join("/") || (pattern.startsWith("/") ? "/" : "."));
}

async function search(pattern: string, root: string): Promise<Found[]> {
  const paths = await glob(pattern, {
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
    followSymbolicLinks: true,
  });
  return paths.sort((a, b) => (a < b ? -1 : 1)).map((path) => ({ path: resolve(path), root }));
}

function missing(input: string): DataError {
  const folder = dirname(resolve(input));
  const siblings = kindOf(folder) === "folder" ? readdirSync(folder) : [];
  const near = nearestNames(basename(input), siblings, 1);
  return new DataError({
    file: input,
    expected: "an image, a folder of images or a glob such as 'photos/*.jpg'",
    found: isDynamicPattern(input) ? "no file matches" : "there is no such file or folder",
    next: near.length > 0 ? `Did you mean ${join(dirname(input), near[0]!)}?` : "Check the path.",
  });
}

/** The path under its root without extension, in parts. */
const partsOf = (path: string): string[] => path.slice(0, path.length - extname(path).length).split(sep);

/** Shortest names under which all files can be told apart: under the folder searched, if need be with folders above it. */
function nameAll(found: readonly Found[]): InputFile[] {
  const stems = new Map<string, number>();
  const stem = (path: string): string => partsOf(path).join("/").toLowerCase();
  for (const { path } of found) stems.set(stem(path), (stems.get(stem(path)) ?? 0) + 1);
  // `a.jpg` and `a.png` in one folder keep their extensions.
  const parts = found.map(({ path }) => (stems.get(stem(path))! > 1 ? path.split(sep) : partsOf(path)));
  const depths = found.map(({ path, root }) => relative(root, path).split(sep).length);
  const name = (i: number): string => parts[i]!.slice(-depths[i]!).join("/");
  for (;;) {
    const groups = new Map<string, number[]>();
    for (const i of found.keys()) {
      const key = name(i).toLowerCase();
      groups.set(key, [...(groups.get(key) ?? []), i]);
    }
    const clashing = [...groups.values()].filter((group) => group.length > 1).flat();
    const movable = clashing.filter((i) => depths[i]! < parts[i]!.length - 1);
    if (movable.length === 0) break;
    for (const i of movable) depths[i]!++;
  }
  return found.map(({ path }, i) => ({ path, name: name(i) }));
}

/**
 * The images that inputs name: a file is taken whatever it is called, a folder with its subfolders, a glob as it matches. A file
 * that is named twice comes once.
 *
 * @throws DataError when an input names nothing, or all of them together no image.
 * @example (await findInputs(["a/x.jpg", "b/x.jpg"])).files.map((file) => file.name) // ["a/x", "b/x"]
 */
export async function findInputs(inputs: readonly string[]): Promise<Inputs> {
  const found = new Map<string, Found>();
  const skipped = new Set<string>();
  for (const input of inputs) {
    const kind = kindOf(input);
    if (kind === "file") {
      const path = resolve(input);
      if (!found.has(path)) found.set(path, { path, root: dirname(path) });
      continue;
    }
    const root = kind === "folder" ? resolve(input) : rootOf(input);
    const pattern = kind === "folder" ? `${escapePath(root.split(sep).join("/"))}/**/*` : input;
    const matches = await search(pattern, root);
    if (matches.length === 0 && kind === "none") throw missing(input);
    for (const match of matches)
      if (!isImageName(basename(match.path))) skipped.add(match.path);
      else if (!found.has(match.path)) found.set(match.path, match);
  }
  if (found.size === 0)
    throw new DataError({
      expected: "at least one image",
      found: `${inputs.join(", ")}: ${skipped.size > 0 ? `none of the ${skipped.size} files is one` : "there is none"}`,
      next: "Name image files, folders of them, or globs.",
    });
  return { files: nameAll([...found.values()]), skipped: [...skipped] };
}
