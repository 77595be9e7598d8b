/** @file The report as text for people. */
import { relative } from "node:path";
import { count, type Finding, percent } from "./finding.js";
import type { DoctorReport } from "./report.js";

/** Rows as aligned columns, two spaces apart; all but the first column flush right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("  ")}`.trimEnd(),
  );
}

/** Four significant digits, without an exponent where that is readable. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "-";
}

function formatFinding({ level, check, message, files, fix }: Finding, folder: string): string[] {
  const shown = files.slice(0, 3).map((file) => relative(folder, file) || file);
  const more = files.length > 3 ? ` and ${files.length - 3} more` : "";
  return [
    `${level}: ${message} [${check}]`,
    ...(shown.length > 0 ? [`  files: ${shown.join(", ")}${more}`] : []),
    ...(fix && level !== "note" ? [`  --fix: ${fix}`] : []),
  ];
}

function classRows({ frequencies, weights }: DoctorReport): string[] {
  const rules = Object.entries(weights);
  const rows = frequencies.map(({ name, pixels, share, images }, i) => [
    name,
    String(pixels),
    percent(share),
    String(images),
    ...rules.map(([, values]) => short(values[i]!)),
  ]);
  return table([["class", "pixels", "share", "images", ...rules.map(([rule]) => rule)], ...rows]);
}

function channelRows({ statistics, dataset }: DoctorReport): string[] {
  if (!statistics) return [];
  const rows = statistics.mean.map((mean, i) => [
    dataset.bands?.[i] ?? String(i + 1),
    short(mean),
    short(statistics.std[i]!),
    short(statistics.min[i]!),
    short(statistics.max[i]!),
  ]);
  return ["", "Training images, values as stored:", ...table([["channel", "mean", "std", "min", "max"], ...rows])];
}

/** The report as lines of text, ending with what to do next. */
export function formatReport(report: DoctorReport): string {
  const { dataset, splits, findings, counts, surveyed, total, ignoredShare } = report;
  const sizes = Object.entries(splits).map(([split, { images, labelled }]) => {
    const part = labelled === images ? "" : labelled === 0 ? " without masks" : ` (${labelled} with masks)`;
    return `${split} ${images}${part}`;
  });
  const classes = `${count(dataset.classes.numClasses, "class").replace(/classs$/, "classes")} from ${dataset.classesFrom}`;
  const looked = surveyed < total ? [`Looked at ${surveyed} of ${total} images.`] : [];
  const order = ["error", "warning", "note"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  const isMendable = findings.some(({ fix, level }) => fix && level !== "note");
  const verdict =
    counts.error > 0
      ? `${count(counts.error, "error")}, ${count(counts.warning, "warning")}.${isMendable ? " segkit doctor --fix DIR writes a mended copy." : ""}`
      : counts.warning > 0
        ? `No errors, ${count(counts.warning, "warning")}.`
        : "No errors.";
  return [
    `${dataset.name}: ${dataset.layout} layout, ${count(dataset.channels, "channel")}, masks as ${dataset.encoding}, ${classes}`,
    `splits: ${sizes.join(", ")} (${dataset.splitRule})`,
    ...looked,
    "",
    `Classes of the training images (${percent(ignoredShare)} void) and suggested weights:`,
    ...classRows(report),
    ...channelRows(report),
    "",
    ...sorted.flatMap((finding) => formatFinding(finding, dataset.path)),
    verdict,
    "",
  ].join("\n");
}
