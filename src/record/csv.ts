/** @file Rows of fields as CSV by RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180): numbers in full, texts quoted where they must be. */
import type { FieldValue } from "./plan-fields.js";
import type { RunRow } from "./run-fields.js";

function cell(value: FieldValue | undefined): string {
  const text = value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of names, and one for each run; empty where a run has no such field. */
export const csvOf = (rows: readonly RunRow[], columns: readonly string[]): string =>
  [columns.map(cell), ...rows.map(({ fields }) => columns.map((column) => cell(fields.get(column))))]
    .map((cells) => `${cells.join(",")}\r\n`)
    .join("");
