/** @file Looking names up in tables: an unknown one is an error that suggests the nearest. */
import { UsageError } from "../errors/index.js";
import { nearestNames } from "./nearest.js";

/**
 * Checks that a table has an entry of this name.
 *
 * @param kind what the table lists, as the error names it, e.g. `loss`
 * @throws UsageError with all names and the nearest one.
 */
export function requireKnown(kind: string, name: string, table: object): void {
  if (Object.hasOwn(table, name)) return;
  const names = Object.keys(table);
  const [nearest] = nearestNames(name, names, 1);
  throw new UsageError({
    expected: `one of ${names.join(", ")}`,
    found: `${kind} ${name}`,
    ...(nearest ? { next: `Did you mean ${nearest}?` } : {}),
  });
}
