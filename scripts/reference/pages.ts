/** @file The pages of docs/reference that are made from the program. */
import { commandLineText } from "./command-line.js";
import { libraryText } from "./library.js";
import { planText } from "./plan.js";
import { zooDrawings, zooText } from "./zoo.js";

/** By file, its text. */
export const pages: { readonly [file: string]: () => string | Promise<string> } = {
  "docs/reference/command-line.md": commandLineText,
  "docs/reference/plan.md": planText,
  "docs/reference/library.md": libraryText,
  "docs/reference/zoo.md": zooText,
  ...zooDrawings,
};
