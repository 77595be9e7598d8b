/**
 * @file How the masks of a data set encode classes, recognised from what the files hold.
 *
 * index: the value is the one in the class table. binary: 0 is background and 255 foreground. colours: a colour of the class
 * table stands for each class. foreground: anything but black is foreground (class-coded masks of the foreground contest).
 */
import { DataError } from "../errors/index.js";
import { packColour, type Rgb, unpackColour, vocColour } from "../raster/palette.js";
import { type ClassEntry, type ClassTable, classTableOf, makeClassTable, voidEntry } from "./classes.js";
import type { MaskSummary } from "./mask-summary.js";
import { shownColour } from "./mask-summary.js";
import type { ColourDecoding, ValueDecoding } from "./sample.js";

/** Ways in which mask files encode classes; `shapes` have no mask files. */
export type EncodingName = "index" | "binary" | "colours" | "foreground" | "shapes";

/** What masks hold, all looked at together. */
export interface Evidence {
  /** Distinct values of one-channel masks. */
  readonly values: ReadonlySet<number>;
  /** Distinct colours, packed, of masks with three channels or a palette. */
  readonly colours: ReadonlySet<number>;
  readonly anyColour: boolean;
  /** True when all one-channel masks have palettes. */
  readonly allPalettes: boolean;
  /** Pairs of palette index and its packed colour, of used entries. */
  readonly paletteUse: ReadonlyMap<number, number>;
}

/** How far JPEG moves values, and the share of pixels that must lie this near to 0 or 255 for a mask to have been 0/255. */
const blur = 64;
const mostlyEnds = 0.9;

/** The counts of a mask, with the blur of a lossy 0/255 mask taken back: its values would otherwise pass for classes. */
function sharpened({ kind, counts, lossy }: MaskSummary): MaskSummary["counts"] {
  if (!lossy || kind === "colours") return counts;
  const sum = (rows: MaskSummary["counts"]) => rows.reduce((total, [, n]) => total + n, 0);
  const low = sum(counts.filter(([value]) => value <= blur));
  const high = sum(counts.filter(([value]) => value >= 255 - blur));
  if (low + high < mostlyEnds * sum(counts)) return counts;
  return [...(low > 0 ? ([[0, low]] as const) : []), ...(high > 0 ? ([[255, high]] as const) : [])];
}

/** Gathers the evidence of mask summaries. */
export function gatherEvidence(summaries: readonly MaskSummary[]): Evidence {
  const values = new Set<number>();
  const colours = new Set<number>();
  const paletteUse = new Map<number, number>();
  for (const summary of summaries) {
    const { kind, palette } = summary;
    for (const [value] of sharpened(summary)) {
      if (kind === "colours") colours.add(value);
      else {
        values.add(value);
        colours.add(shownColour(value, palette));
        if (palette) paletteUse.set(value, shownColour(value, palette));
      }
    }
  }
  const ones = summaries.filter(({ kind }) => kind === "values");
  return {
    values,
    colours,
    anyColour: ones.length < summaries.length,
    allPalettes: ones.length > 0 && ones.every(({ palette }) => palette),
    paletteUse,
  };
}

const within = (values: ReadonlySet<number>, allowed: readonly number[]) =>
  [...values].every((value) => allowed.includes(value));

/** True for masks of two classes that hold 0 and 255 alone, where the table does not call 255 void. */
function looksBinary({ values, anyColour }: Evidence, table: ClassTable | undefined): boolean {
  if (anyColour || !values.has(255) || !within(values, [0, 255])) return false;
  return (
    !table ||
    (table.numClasses === 2 &&
      table.values[0] === 0 &&
      table.values[1] === 1 &&
      !table.voids.some(({ value }) => value === 255))
  );
}

const packAll = (table: ClassTable) =>
  [...table.colours, ...table.voids.map(({ colour }) => colour)].map((rgb) => packColour(...rgb));

/** True for palettes that carry the table's colours in another order: an image tool has renumbered colour-coded masks. */
function looksRenumbered({ paletteUse, allPalettes, values }: Evidence, table: ClassTable): boolean {
  const known = new Set(packAll(table));
  if (!allPalettes || ![...paletteUse.values()].every((colour) => known.has(colour))) return false;
  const indexOf = new Map(table.values.map((value, i) => [value, packColour(...table.colours[i]!)]));
  for (const { value, colour } of table.voids) indexOf.set(value, packColour(...colour));
  return [...values].some((value) => indexOf.get(value) !== paletteUse.get(value));
}

/** The classes of masks that no file describes: by value, or by colour when they are coloured. */
function deriveClasses({ values, colours, anyColour, paletteUse }: Evidence): ClassTable {
  if (anyColour) {
    if (colours.size > 256)
      throw new DataError({
        expected: "masks with one colour for each class",
        found: `they hold ${colours.size} colours or more`,
        next: "Check that these are the masks; give the class colours in classes.json.",
      });
    const entries = [...colours]
      .sort((a, b) => a - b)
      .map((colour, value) => ({ value, name: `class ${value}`, colour: unpackColour(colour) }));
    return makeClassTable(entries);
  }
  // Nothing to derive from: a set without masks.
  if (values.size === 0) return makeClassTable([]);
  const seen = [...values].filter((value) => value >= 0 && value !== 255).sort((a, b) => a - b);
  const largest = seen[seen.length - 1] ?? 0;
  // Indices fill their range more or less; values such as 0, 85, 170 are greys that stand for classes.
  const isRange = largest < 2 * seen.length + 8;
  const chosen = isRange ? Array.from({ length: largest + 1 }, (_, value) => value) : seen;
  const colourOf = (value: number): Rgb =>
    paletteUse.has(value) ? unpackColour(paletteUse.get(value)!) : vocColour(value);
  const entries = chosen.map((value) => ({ value, name: `class ${value}`, colour: colourOf(value) }));
  return makeClassTable(entries, values.has(255) ? [voidEntry(255)] : []);
}

/** What is known of a data set's classes before its masks are looked at. */
export interface KnownClasses {
  readonly table?: ClassTable | undefined;
  /** True when the table's colours were given, not made up. */
  readonly hasColours: boolean;
  /** True for sets of background and foreground whose masks may be coded by class. */
  readonly foregroundOnly: boolean;
}

/** The encoding of masks and their classes. `wanted` overrules what is recognised. @throws DataError when colours lack a table. */
export function inferEncoding(
  evidence: Evidence,
  { table, hasColours, foregroundOnly }: KnownClasses,
  wanted?: EncodingName,
): { encoding: EncodingName; table: ClassTable } {
  const { anyColour, values } = evidence;
  const twoClasses = table ?? classTableOf(["background", "foreground"]);
  if (wanted === "binary" || wanted === "foreground") return { encoding: wanted, table: twoClasses };
  if (wanted === undefined && looksBinary(evidence, table)) return { encoding: "binary", table: twoClasses };
  if (wanted === undefined && foregroundOnly && (anyColour || !within(values, [0, 1])))
    return { encoding: within(values, [0, 255]) && !anyColour ? "binary" : "foreground", table: twoClasses };
  if (!table) return { encoding: wanted ?? (anyColour ? "colours" : "index"), table: deriveClasses(evidence) };
  if (wanted === "index") return { encoding: "index", table };
  if (wanted === "colours" || anyColour) {
    if (!hasColours)
      throw new DataError({
        expected: "masks of class values, or class colours in classes.json",
        found: `the masks are coloured (${[...evidence.colours]
          .slice(0, 5)
          .map((c) => `(${unpackColour(c).join(", ")})`)
          .join(" ")} ...) and no colours are given`,
        next: 'Give each class its "color" in classes.json.',
      });
    return { encoding: "colours", table };
  }
  return { encoding: hasColours && looksRenumbered(evidence, table) ? "colours" : "index", table };
}

/** The rule by which `loadSample` reads masks of an encoding. */
export function decodingOf(
  encoding: Exclude<EncodingName, "shapes">,
  table: ClassTable,
): ValueDecoding | ColourDecoding {
  const { numClasses, ignoreIndex } = table;
  const base = { numClasses, ignoreIndex };
  const entries: readonly ClassEntry[] = table.values.map((value, i) => ({
    value,
    name: table.names[i]!,
    colour: table.colours[i]!,
  }));
  if (encoding === "binary")
    return {
      kind: "values",
      ...base,
      table: [
        [0, 0],
        [255, 1],
      ],
    };
  // The contest's source writes class = red + 256 * green and 1000, (232, 3, 0), for "ignore".
  if (encoding === "foreground")
    return {
      kind: "colours",
      ...base,
      table: [
        [0, 0, 0, 0],
        [232, 3, 0, ignoreIndex],
      ],
      other: 1,
    };
  if (encoding === "colours") {
    const rows = [
      ...table.voids.map(({ colour }) => [...colour, ignoreIndex] as const),
      ...entries.map(({ colour }, i) => [...colour, i] as const),
    ];
    return { kind: "colours", ...base, table: rows };
  }
  const known = new Map<number, number>(entries.map(({ value }, i) => [value, i]));
  for (const { value } of table.voids) known.set(value, ignoreIndex);
  // 255 in 8-bit and 65535 in 16-bit masks mean "ignore" by custom, unless a class has that value.
  for (const value of [255, 65535]) if (!known.has(value)) known.set(value, ignoreIndex);
  return { kind: "values", ...base, table: [...known] };
}
