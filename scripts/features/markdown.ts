/** @file Markdown: tables and lists of files. */

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** A table with a heading row. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heading, heading.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

const shownFiles = 4;

/** File names grouped by folder: `ops/{conv2d, pad}`; long lists are cut. */
export function fileList(files: readonly string[]): string {
  const folders = new Map<string, string[]>();
  for (const file of files.slice(0, shownFiles)) {
    const [folder, name] = file.split("/") as [string, string];
    folders.set(folder, [...(folders.get(folder) ?? []), name]);
  }
  const groups = Array.from(folders, ([folder, names]) =>
    names.length === 1 ? `${folder}/${names[0]}` : `${folder}/{${names.join(", ")}}`,
  );
  const rest = files.length - shownFiles;
  return [...groups, ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
}
