/** @file What commands print: results on standard output, everything said on the way on standard error. */
import { writeFileAtomic } from "../util/files.js";

/** Prints text for people. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Says something on the way, beside the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The text of a result as JSON; NaN, which JSON lacks, becomes null. */
export const jsonText = (value: unknown): string => JSON.stringify(value, null, 2);

/**
 * Gives out a result as JSON: on standard output (`true`), or into a file.
 *
 * @throws FileError when the file cannot be written.
 */
export function putJson(target: true | string, value: unknown): void {
  if (target === true) print(jsonText(value));
  else writeFileAtomic(target, `${jsonText(value)}\n`);
}
