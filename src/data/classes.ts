/** @file ClassTable: names, colours and mask values of the classes, and which mask values mean "no class". */
import type { Rgb } from "../raster/palette.js";
import { vocColour, voidColour } from "../raster/palette.js";
import type { IgnoreIndex } from "./sample.js";

/** A class, or a kind of void, as it stands in mask files. */
export interface ClassEntry {
  /** The value in the mask files. */
  readonly value: number;
  readonly name: string;
  /** The colour it is shown in, and in colour-coded masks stands for it. */
  readonly colour: Rgb;
}

/**
 * The classes of a data set. Class index i (0..numClasses-1, what networks learn) is `names[i]`, and stands in the files as
 * `values[i]`: the two differ where void comes first. Plain JSON.
 */
export interface ClassTable {
  readonly names: readonly string[];
  readonly colours: readonly Rgb[];
  readonly values: readonly number[];
  /** Values that mean "no class here"; loaded masks hold `ignoreIndex` for all of them. */
  readonly voids: readonly ClassEntry[];
  /** Number of classes, void not counted. */
  readonly numClasses: number;
  readonly ignoreIndex: IgnoreIndex;
}

/** The table of classes and voids, ordered by mask value. */
export function makeClassTable(classes: readonly ClassEntry[], voids: readonly ClassEntry[] = []): ClassTable {
  const ordered = [...classes].sort((a, b) => a.value - b.value);
  return {
    names: ordered.map(({ name }) => name),
    colours: ordered.map(({ colour }) => colour),
    values: ordered.map(({ value }) => value),
    voids: [...voids].sort((a, b) => a.value - b.value),
    numClasses: ordered.length,
    ignoreIndex: ordered.length > 255 ? 65535 : 255,
  };
}

/** A table of classes 0, 1, 2, ... with Pascal VOC's colours. */
export function classTableOf(names: readonly string[]): ClassTable {
  return makeClassTable(names.map((name, value) => ({ value, name, colour: vocColour(value) })));
}

/** A void entry for a mask value. */
export function voidEntry(value: number, name = "void", colour: Rgb = voidColour): ClassEntry {
  return { value, name, colour };
}

/**
 * The table for masks as Segkit writes them: value = class index, `ignoreIndex` = void.
 *
 * What `segkit doctor --fix` and predictions use, whatever the values in the original files were.
 */
export function normalised(table: ClassTable): ClassTable {
  const entries = table.names.map((name, value) => ({ value, name, colour: table.colours[value]! }));
  const first = table.voids[0];
  return makeClassTable(entries, first ? [voidEntry(table.ignoreIndex, first.name, first.colour)] : []);
}

/** The content of a `classes.json` for the table, in the form that `readClassFile` reads. */
export function classTableToJson(table: ClassTable, more: { name?: string; bands?: readonly string[] } = {}): object {
  const entry = (e: ClassEntry, isVoid: boolean) => ({
    index: e.value,
    name: e.name,
    color: e.colour,
    ...(isVoid ? { void: true } : {}),
  });
  return {
    ...(more.name ? { name: more.name } : {}),
    num_classes: table.numClasses,
    void_index: table.voids[0]?.value ?? null,
    ...(more.bands ? { bands: more.bands } : {}),
    classes: [
      ...table.names.map((name, i) => entry({ value: table.values[i]!, name, colour: table.colours[i]! }, false)),
      ...table.voids.map((e) => entry(e, true)),
    ],
  };
}
