/** @file Options of networks: read from text, checked by their schema, described for tables and help. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { nearestNames } from "../util/nearest.js";
import { parseOptions } from "../util/parse-options.js";

/** Options by name, as a plan or a command line gives them. */
export type GivenOptions = { readonly [name: string]: unknown };

/** One option as a table shows it. */
export interface OptionDescription {
  readonly name: string;
  readonly description: string;
  /** Kind of value: `integer`, `number`, `boolean`, `string`, a list such as `integer[]`, or the words to choose from. */
  readonly kind: string;
  readonly default: unknown;
}

/**
 * The value that a text on the command line means: `16`, `true`, `null` and `[1,2]` as in JSON, `1,2` as a list, anything else as it stands.
 *
 * @example valueOfText("256,128") // [256, 128]
 */
export function valueOfText(text: string): unknown {
  const trimmed = text.trim();
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed.includes(",") ? trimmed.split(",").map((part) => valueOfText(part)) : trimmed;
  }
}

/**
 * Options from texts such as `width=16`.
 *
 * @throws UsageError for a text without `=`.
 */
export function optionsOfTexts(texts: readonly string[]): { [name: string]: unknown } {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError({ expected: "an option as key=value", found: JSON.stringify(text) });
      return [text.slice(0, at).trim(), valueOfText(text.slice(at + 1))];
    }),
  );
}

interface PropertySchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: PropertySchema;
  readonly anyOf?: readonly PropertySchema[];
}

const properties = (schema: z.ZodType): { readonly [name: string]: PropertySchema } =>
  (z.toJSONSchema(schema, { io: "input" }).properties ?? {}) as { [name: string]: PropertySchema };

function kindOf({ type, enum: words, items, anyOf }: PropertySchema): string {
  if (anyOf) return anyOf.map(kindOf).join(" | ");
  if (words) return words.join(" | ");
  return type === "array" ? `${kindOf(items ?? {})}[]` : (type ?? "any");
}

/** Every option of a schema, in its order. */
export const describeOptions = (schema: z.ZodType): OptionDescription[] =>
  Object.entries(properties(schema)).map(([name, property]) => ({
    name,
    description: property.description ?? "",
    kind: kindOf(property),
    default: property.default,
  }));

/**
 * The options with defaults filled in.
 *
 * @param owner what the options belong to, as errors name it.
 * @throws UsageError for an unknown option (with the nearest names) or a value that the schema refuses.
 */
export function parseNetworkOptions<Options>(schema: z.ZodType<Options>, given: GivenOptions, owner: string): Options {
  const names = Object.keys(properties(schema));
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return parseOptions(schema, given, owner);
  const near = nearestNames(unknown, names);
  throw new UsageError({
    expected: names.length ? `one of ${names.join(", ")}` : "no options",
    found: `${owner} has no option ${unknown}`,
    ...(near.length ? { next: `Did you mean ${near.join(" or ")}?` } : {}),
  });
}
