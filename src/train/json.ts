/** @file JSON as a type, and the check that a value survives being written as JSON. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Where a value holds something that JSON drops or changes in silence (NaN, infinity, undefined, a typed array, ...).
 *
 * @returns the path and the culprit, e.g. `best.score is -Infinity`; undefined when all of it can be written
 */
export function jsonLoss(value: unknown, path = ""): string | undefined {
  const here = path === "" ? "the value" : path;
  if (value === null || typeof value === "boolean" || typeof value === "string") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${here} is ${value}`;
  const plain = Array.isArray(value) || (typeof value === "object" && isPlain(value));
  if (!plain) return `${here} is ${typeof value === "object" ? `a ${value!.constructor?.name}` : `${String(value)}`}`;
  for (const [key, inner] of Object.entries(value as object)) {
    const loss = jsonLoss(inner, path === "" ? key : `${path}.${key}`);
    if (loss !== undefined) return loss;
  }
  return undefined;
}

const isPlain = (value: object | null): boolean =>
  value !== null && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);
