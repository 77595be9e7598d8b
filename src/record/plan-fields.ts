/**
 * @file A plan as flat fields: `learningRate`, `optimizer`, `optimizer.momentum`, `data.options.seed`, ...
 *
 * The plan is read as JSON of any shape, not by its schema, so that runs of other versions and of methods with choices of their
 * own are listed and compared as well.
 */

export type FieldValue = string | number | boolean;
export type Fields = ReadonlyMap<string, FieldValue>;

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is FieldValue => ["string", "number", "boolean"].includes(typeof value);
const nameOf = (value: unknown): string | undefined =>
  isObject(value) && typeof value.name === "string" ? value.name : undefined;

function gatherList(path: string, list: readonly unknown[], fields: Map<string, FieldValue>): void {
  if (list.length === 0) fields.set(path, "none");
  // Heights and widths read as everywhere else.
  else if (list.every(isScalar)) fields.set(path, list.join(/size$/i.test(path) ? "x" : ","));
  else {
    const names = list.map(nameOf);
    if (names.every((name) => name !== undefined)) fields.set(path, names.join("+"));
    for (const [i, item] of list.entries()) {
      const name = names[i] ?? String(i);
      // A second item of the same name is told apart by its place.
      const key = names.indexOf(names[i]) === i || names[i] === undefined ? name : `${name}.${i}`;
      if (!isObject(item)) gather(`${path}.${key}`, item, fields);
      else
        for (const [inner, value] of Object.entries(item))
          if (inner !== "name" || names[i] === undefined) gather(`${path}.${key}.${inner}`, value, fields);
    }
  }
}

function gather(path: string, value: unknown, fields: Map<string, FieldValue>): void {
  if (value === null || value === undefined) fields.set(path, "none");
  else if (isScalar(value)) fields.set(path, value);
  else if (Array.isArray(value)) gatherList(path, value, fields);
  else if (isObject(value)) {
    const name = nameOf(value);
    // What has a name is called by it: `optimizer` is adamW, `optimizer.weightDecay` one of its options.
    if (name !== undefined) fields.set(path, name);
    for (const [key, inner] of Object.entries(value))
      if (key !== "name" || name === undefined) gather(`${path}.${key}`, inner, fields);
  }
}

/** All choices of a plan, without their reasons. */
export function planFields(plan: Json): Fields {
  const fields = new Map<string, FieldValue>();
  for (const [name, entry] of Object.entries(plan)) {
    if (name === "version") continue;
    if (name === "data" && isObject(entry)) {
      const { classes, ...data } = entry;
      gather(name, data, fields);
      // Names and colours of classes are no choices; how many there are tells data sets apart.
      if (Array.isArray(classes)) fields.set("data.classes", classes.length);
    } else gather(name, isObject(entry) && "reason" in entry ? entry.value : entry, fields);
  }
  return fields;
}

/** A choice in which two plans differ; undefined where one of them has none. */
export interface FieldDifference {
  readonly field: string;
  readonly first: FieldValue | undefined;
  readonly second: FieldValue | undefined;
}

/** The fields in which two maps differ, in their order. */
export function differingFields(first: Fields, second: Fields): FieldDifference[] {
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter((field) => first.get(field) !== second.get(field))
    .map((field) => ({ field, first: first.get(field), second: second.get(field) }));
}
