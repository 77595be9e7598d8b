/**
 * @file `classes.json`: the class table of a data set, in the forms people write.
 *
 * `["road", "car"]`; `{"classes": [...]}` with names, or objects of `name` and optionally `index` (value in the masks),
 * `color` and `void`; `{"road": [128, 64, 128], "car": "#0000ff"}` (a colour table); `{"road": 0, "car": 1}`. Beside `classes`:
 * `void_index` (or `ignore_index`), `bands` (names of the image channels).
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DataError } from "../errors/index.js";
import { type Rgb, vocColour } from "../raster/palette.js";
import { type ClassEntry, type ClassTable, makeClassTable, voidEntry } from "./classes.js";

/** What a class file says. */
export interface ClassFile {
  readonly file: string;
  readonly table: ClassTable;
  /** True when the file gives the colours, so that colour-coded masks can be read. */
  readonly hasColours: boolean;
  /** Names of the image channels: also says how many there are. */
  readonly bands?: readonly string[];
}

type Json = Record<string, unknown>;

const forms = 'a list of names, {"classes": [{"name", "index", "color"}]} or {"name": [r, g, b]}';

function wrong(file: string, found: string): DataError {
  return new DataError({ file, expected: forms, found, next: "Correct the class file." });
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isValue = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535;

function parseColour(colour: unknown, what: string, file: string): Rgb {
  if (typeof colour === "string" && /^#[0-9a-f]{6}$/i.test(colour)) {
    const packed = Number.parseInt(colour.slice(1), 16);
    return [packed >> 16, (packed >> 8) & 255, packed & 255];
  }
  if (Array.isArray(colour) && colour.length === 3 && colour.every((c) => isValue(c) && c <= 255))
    return colour as unknown as Rgb;
  throw wrong(file, `the colour of ${what} is ${JSON.stringify(colour)}, not three numbers 0..255 or "#rrggbb"`);
}

interface ParsedEntry extends ClassEntry {
  readonly void: boolean;
  readonly coloured: boolean;
}

function parseEntry(entry: unknown, position: number, file: string): ParsedEntry {
  const fields: Json = typeof entry === "string" ? { name: entry } : isObject(entry) ? entry : {};
  const name = fields.name ?? fields.label;
  const value = fields.index ?? fields.value ?? fields.id ?? position;
  if (typeof name !== "string" || name === "")
    throw wrong(file, `class ${position} has no name: ${JSON.stringify(entry)}`);
  if (!isValue(value))
    throw wrong(file, `class "${name}" has the mask value ${JSON.stringify(value)}, not a whole number 0..65535`);
  const colour = fields.color ?? fields.colour;
  const coloured = colour !== undefined && colour !== null;
  const parsed = coloured ? parseColour(colour, `class "${name}"`, file) : vocColour(value);
  return { value, name, colour: parsed, coloured, void: fields.void === true };
}

/** Brings the forms that are objects of names into the form of a list. */
function entriesOf(json: unknown, file: string): unknown[] {
  const list = isObject(json) && "classes" in json ? json.classes : json;
  if (Array.isArray(list)) return list;
  if (!isObject(list)) throw wrong(file, `the file holds ${list === null ? "null" : `a ${typeof list}`}`);
  return Object.entries(list).map(([name, value]) =>
    typeof value === "number" ? { name, index: value } : { name, color: value },
  );
}

/** The class table in parsed JSON; `file` is named in errors. @throws DataError when the content is in no known form. */
export function parseClassFile(json: unknown, file: string): ClassFile {
  const fields = isObject(json) && "classes" in json ? json : {};
  const voidIndex = fields.void_index ?? fields.ignore_index ?? fields.voidIndex ?? fields.ignoreIndex;
  const entries = entriesOf(json, file)
    .map((entry, position) => parseEntry(entry, position, file))
    .map((entry) => ({ ...entry, void: entry.void || entry.value === voidIndex }));
  for (const key of ["value", "name"] as const) {
    const twice = entries.find((entry, i) => entries.findIndex((other) => other[key] === entry[key]) !== i);
    if (twice)
      throw wrong(
        file,
        `two classes have the ${key === "value" ? "mask value" : "name"} ${JSON.stringify(twice[key])}`,
      );
  }
  const classes = entries.filter((entry) => !entry.void);
  const voids: ClassEntry[] = entries.filter((entry) => entry.void);
  if (classes.length === 0) throw wrong(file, "the file names no class");
  if (isValue(voidIndex) && !voids.some(({ value }) => value === voidIndex)) voids.push(voidEntry(voidIndex));
  const strip = ({ value, name, colour }: ClassEntry) => ({ value, name, colour });
  const bands = fields.bands;
  if (
    bands !== undefined &&
    !(Array.isArray(bands) && bands.length > 0 && bands.every((band) => typeof band === "string"))
  )
    throw wrong(file, `"bands" is ${JSON.stringify(bands)}, not a list of names`);
  return {
    file,
    table: makeClassTable(classes.map(strip), voids.map(strip)),
    hasColours: classes.every(({ coloured }) => coloured),
    ...(bands ? { bands: bands as string[] } : {}),
  };
}

/** Reads a class file. @throws DataError when it is missing, not JSON, or in no known form. */
export async function readClassFile(file: string): Promise<ClassFile> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new DataError(
      { file, expected: "a class file", found: "it cannot be opened", next: "Check the path." },
      { cause },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong(file, `the file is not JSON (${(cause as Error).message})`);
  }
  return parseClassFile(json, file);
}

/** The class file of a folder: `classes.json` in it, or beside it (a folder of tiles cut from a described set). */
export async function findClassFile(folder: string): Promise<ClassFile | undefined> {
  const file = [join(folder, "classes.json"), join(dirname(folder), "classes.json")].find((candidate) =>
    existsSync(candidate),
  );
  return file ? readClassFile(file) : undefined;
}
