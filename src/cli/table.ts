/** @file Tables of text for the terminal. */

export interface TableOptions {
  /** Columns, counted from 0, whose cells end at the right: numbers. */
  readonly right?: readonly number[];
}

/**
 * Rows under their headings, columns two spaces apart, no space at the ends of lines.
 *
 * @example table(["model", "year"], [["unet", "2015"]]) // "model  year\nunet   2015"
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: TableOptions = {},
): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
