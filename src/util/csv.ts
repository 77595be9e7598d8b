/** @file Tables as CSV by RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180): numbers in full, texts quoted where they must be. */

/** What a cell can hold; undefined leaves it empty. */
export type CsvCell = string | number | boolean | null | undefined;

function cellText(value: CsvCell): string {
  const text = value === undefined || value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Rows as lines.
 *
 * @example csvText([["name", "score"], ['a "b"', 0.5]]) // 'name,score\r\n"a ""b""",0.5\r\n'
 */
export const csvText = (rows: readonly (readonly CsvCell[])[]): string =>
  rows.map((cells) => `${cells.map(cellText).join(",")}\r\n`).join("");
