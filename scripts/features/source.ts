/** @file Reading the sources: what files, functions and tables say about themselves, so that it is written down once. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Files below a folder, as paths from the project's root. */
export const filesBelow = (folder: string, ending = ".ts"): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending))
    .sort();

/** The first paragraph of a comment without its stars. */
const firstParagraph = (comment: string): string =>
  comment
    .replace(/\n[ \t]*\* ?/g, "\n")
    .split(/\n[ \t]*\n|\n[ \t]*@/)[0]!
    .replace(/\s+/g, " ")
    .trim();

/** What a file's `@file` comment says first. */
export function fileComment(path: string): string {
  const found = /^(?:#![^\n]*\n)?\/\*\*\s*(?:\*\s*)?@file ([\s\S]*?)\*\//.exec(read(path));
  if (!found) throw new Error(`${path} does not begin with an @file comment`);
  return firstParagraph(found[1]!);
}

/** An exported function or class with the first paragraph of its comment. */
export interface Declared {
  readonly name: string;
  readonly comment: string;
}

/** Exports of a file that are functions, classes or constants, in order. A comment also covers the names right below it. */
export function declarations(path: string): Declared[] {
  const found = read(path).matchAll(
    /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n)?export (?:async )?(?:function\*?|class|const) (\w+)/g,
  );
  return Array.from(found, ([, comment = "", name]) => ({ name: name!, comment: firstParagraph(comment) }));
}

/** The file that a table imports each name from, for imports of the table's own folder or below. */
export function importedFiles(table: string): Map<string, string> {
  const folder = table.slice(0, table.length - basename(table).length);
  const statements = read(table).matchAll(/^import \{([^}]*)\} from "\.\/([^"]+)\.js";/gm);
  return new Map(
    Array.from(statements).flatMap(([, names, file]) =>
      names!
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && !name.startsWith("type "))
        .map((name): [string, string] => [name, `${folder}${file}.ts`]),
    ),
  );
}

/** Whether a text calls or names a function as a word of its own. */
export const mentions = (text: string, name: string): boolean => new RegExp(`\\b${name}\\b`).test(text);
