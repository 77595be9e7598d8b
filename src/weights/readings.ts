/**
 * @file Ways to read a checkpoint's names as a network's: as they are, without wrappers, with a prefix put before them or
 * exchanged, or by a table. The way is not asked for but found: it is the first under which most numbers have a place.
 */
import { type NameRule, nameTables, renamed, spellings, wrappers } from "./names.js";
import { elements, type TensorSpec } from "./tensor.js";

type Specs = ReadonlyMap<string, TensorSpec>;

/** A checkpoint's names as ours. */
export interface Reading {
  /** How it is called in reports; empty for names as they are. */
  readonly title: string;
  /** Our name for a name in the file; null where it has no place. */
  readonly rename: (name: string) => string | null;
  /** Our names that the checkpoint must give; undefined for all. */
  readonly covers: RegExp | undefined;
  /** Prefix put before names, e.g. `encoder.`: the file is that part of the network alone. */
  readonly prefix: string;
}

/** Parts that are tried for prefixes: the largest by number of tensors. */
const partsTried = 8;
/** With fewer tensors a prefix is a layer, not a part. */
const smallestPart = 5;

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** The first parts of dotted names that most names begin with. */
function partsOf(names: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    const first = name.slice(0, name.indexOf(".") + 1);
    if (first !== "" && first !== name) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count >= smallestPart)
    .sort(([, a], [, b]) => b - a)
    .slice(0, partsTried)
    .map(([part]) => part);
}

const quoted = (prefix: string): string => prefix.slice(0, -1);

function* readings(ours: Specs, found: Specs): Generator<Reading> {
  const read = (
    title: string,
    rules: readonly NameRule[],
    more: Partial<Pick<Reading, "covers" | "prefix">> = {},
  ): Reading => ({
    title,
    rename: (name) => renamed(name, [...spellings, ...rules]),
    covers: undefined,
    prefix: "",
    ...more,
  });
  yield read("", []);
  yield read("", [wrappers]);
  for (const { title, rules, covers } of nameTables) yield read(title, [wrappers, ...rules], { covers });
  const parts = partsOf(ours.keys());
  const theirs = partsOf(Array.from(found.keys(), (name) => renamed(name, [wrappers]) ?? ""));
  for (const prefix of parts)
    yield read(`as ${quoted(prefix)}`, [wrappers, { pattern: /^/, replacement: prefix }], {
      covers: new RegExp(`^${escaped(prefix)}`),
      prefix,
    });
  for (const other of theirs) {
    const pattern = new RegExp(`^${escaped(other)}`);
    yield read(`its ${quoted(other)}`, [wrappers, { pattern, replacement: "" }]);
    for (const prefix of parts)
      yield read(`its ${quoted(other)} as ${quoted(prefix)}`, [wrappers, { pattern, replacement: prefix }], {
        covers: new RegExp(`^${escaped(prefix)}`),
        prefix,
      });
  }
}

/** Numbers of the network that a reading gives values, by name and shape. */
function score(ours: Specs, found: Specs, { rename }: Reading): number {
  let sum = 0;
  for (const [name, { shape }] of found) {
    const want = ours.get(rename(name) ?? "");
    if (want?.shape.join() === shape.join()) sum += elements(shape);
  }
  return sum;
}

/** The reading that gives most of the network's numbers values, the first of several; names as they are when none does. */
export function bestReading(ours: Specs, found: Specs): Reading {
  let best: { reading: Reading; score: number } | undefined;
  const whole = [...ours.values()].reduce((sum, { shape }) => sum + elements(shape), 0);
  for (const reading of readings(ours, found)) {
    const reached = score(ours, found, reading);
    if (!best || reached > best.score) best = { reading, score: reached };
    if (reached === whole) break;
  }
  return best!.reading;
}
