/** @file What a layout is: a way in which folders and files make up a data set. */
import type { ClassTable } from "../classes.js";
import type { Entry, LayoutIssue } from "../pairs.js";
import type { ShapeDecoding } from "../sample.js";

/** The shapes that label an image, all but the table of classes. */
export type ImageShapes = Omit<ShapeDecoding, "kind" | "numClasses" | "ignoreIndex">;

/** An entry of a layout that labels by shapes instead of mask files. */
export interface LayoutEntry extends Entry {
  readonly shapes?: ImageShapes;
}

/** What a layout found at a path. */
export interface Found {
  /** Entries by split; a set that is not split has the one split `all`. Splits of which no entry has labels are unlabelled. */
  readonly splits: Readonly<Record<string, readonly LayoutEntry[]>>;
  readonly issues: readonly LayoutIssue[];
  /** Classes the layout itself knows, for want of a class file. */
  readonly classes?: ClassTable;
  /** True when the layout has only background and foreground, whatever a class file says. */
  readonly foregroundOnly?: boolean;
  /** The folder in which a class file may lie. */
  readonly folder: string;
}

/** A place that may hold a data set: a folder with its content, or a file. */
export interface Place {
  readonly path: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly isFile: boolean;
}

/** One layout. */
export interface Layout {
  readonly name: string;
  /** How it looks, for messages. */
  readonly shape: string;
  /** Reads the place; `undefined` when it is not in this layout. */
  readonly read: (place: Place) => Promise<Found | undefined>;
}

/** An issue for each split that was found but holds nothing. */
export const emptySplits = (splits: Readonly<Record<string, readonly Entry[]>>, folder: string): LayoutIssue[] =>
  Object.entries(splits)
    .filter(([, entries]) => entries.length === 0)
    .map(([split]) => ({ kind: "empty-split", split, file: folder }));
