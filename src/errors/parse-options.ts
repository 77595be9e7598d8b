/** @file Checking options against their schema, with one kind of error for all of them. */
import type { z } from "zod";
import { UsageError } from "./index.js";

/**
 * The options with defaults filled in.
 *
 * @param owner what the options belong to, as the error names it, e.g. `loss dice`
 * @throws UsageError that names each option that is unknown or out of range.
 */
export function parseOptions<Options>(schema: z.ZodType<Options>, given: unknown, owner: string): Options {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const { issues } = result.error;
  const names = issues.map((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join(".") || "options",
  );
  throw new UsageError({
    expected: issues.map((issue) => lowerFirst(issue.message)).join("; "),
    found: `${owner} was given ${names.map((name) => `${name}${valueText(given, name)}`).join(", ")}`,
  });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function valueText(given: unknown, name: string): string {
  const value = typeof given === "object" && given !== null ? (given as Record<string, unknown>)[name] : undefined;
  return value === undefined ? "" : ` = ${JSON.stringify(value)}`;
}
