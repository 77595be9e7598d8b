/** @file Checking options against their schema, with one kind of error for all of them. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { nearestNames } from "./nearest.js";

/**
 * The options with defaults filled in.
 *
 * @param owner what the options belong to, as the error names it, e.g. `loss dice`
 * @throws UsageError that names each option that is unknown or out of range, and the nearest known one.
 */
export function parseOptions<Options>(schema: z.ZodType<Options>, given: unknown, owner: string): Options {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const found: string[] = [];
  const expected: string[] = [];
  const near: string[] = [];
  for (const issue of result.error.issues) {
    if (issue.code === "unrecognized_keys") {
      found.push(...issue.keys.map((key) => shown(given, [key])));
      expected.push(`options among ${known.join(", ")}`);
      near.push(...issue.keys.flatMap((key) => nearestNames(key, known, 1)));
      continue;
    }
    found.push(shown(given, issue.path));
    // The schema library says "Too small: expected number to be >=0"; the error's own text has the first half already.
    expected.push(
      `${issue.path.join(".") || "options"}: ${/expected (.*)$/.exec(issue.message)?.[1] ?? issue.message}`,
    );
  }
  throw new UsageError({
    expected: expected.join("; "),
    found: `${owner} was given ${found.join(", ")}`,
    ...(near.length > 0 ? { next: `Did you mean ${near.join(", ")}?` } : {}),
  });
}

/** An option with its value, e.g. `smooth = -1`. */
function shown(given: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>(
    (inside, key) =>
      typeof inside === "object" && inside !== null ? (inside as Record<PropertyKey, unknown>)[key] : undefined,
    given,
  );
  const name = path.map(String).join(".");
  if (name === "") return JSON.stringify(given) ?? "nothing";
  return value === undefined ? `no ${name}` : `${name} = ${JSON.stringify(value)}`;
}
