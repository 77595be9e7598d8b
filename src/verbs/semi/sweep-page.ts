/** @file sweep.html: the scores of a sweep over its first option, a curve for each combination of the others. */
import { type ReportChart, type ReportLine, writeReport } from "../../train/record/report.js";
import type { SweepRow } from "./sweep.js";
import { placeOf, type SweepAxis } from "./sweep-axis.js";

export interface SweepPage {
  readonly title: string;
  readonly axes: readonly SweepAxis[];
  readonly rows: readonly SweepRow[];
}

/** Places of the first axis: its numbers, or 1, 2, ... where its values are names. */
function placesOf({ values }: SweepAxis): Map<string, number> {
  const places = values.map(placeOf);
  const numeric = places.every((place) => place !== undefined);
  return new Map(values.map((text, i) => [text, numeric ? places[i]! : i + 1]));
}

/** One curve for each combination of the other axes. @param value what is drawn of a row */
export function sweepLines(
  { axes, rows }: Pick<SweepPage, "axes" | "rows">,
  value: (row: SweepRow) => number | null | undefined,
  name = "",
): ReportLine[] {
  const places = placesOf(axes[0]!);
  const lines = new Map<string, [number, number | null][]>();
  for (const row of rows) {
    const line = [name, ...row.values.slice(1)].filter((part) => part !== "").join(" ") || axes[0]!.name;
    lines.set(line, [...(lines.get(line) ?? []), [places.get(row.values[0]!)!, value(row) ?? null]]);
  }
  return Array.from(lines, ([line, points]) => ({ name: line, points: points.sort((a, b) => a[0] - b[0]) }));
}

const percent = (share: number | null): string => (share === null ? "-" : `${(100 * share).toFixed(2)} %`);

/** Writes the page. @throws FileError */
export function writeSweepPage(file: string, { title, axes, rows }: SweepPage): void {
  const scored = rows.filter(({ score }) => score !== null);
  const best = scored.length > 0 ? scored.reduce((most, row) => (row.score! > most.score! ? row : most)) : undefined;
  const [first] = axes;
  const isNamed = first!.values.some((text) => placeOf(text) === undefined);
  const xLabel = isNamed ? first!.values.map((text, i) => `${i + 1} ${text}`).join(", ") : first!.name;
  const chart = (heading: string, lines: readonly ReportLine[]): ReportChart => ({ title: heading, xLabel, lines });
  const charts = [
    chart(
      "Best validation mIoU",
      sweepLines({ axes, rows }, ({ score }) => score),
    ),
    chart(
      "Share of labelled pixels in the last round",
      sweepLines({ axes, rows }, ({ share }) => share),
    ),
    chart(
      "Accuracy of these labels, where it is known",
      sweepLines({ axes, rows }, ({ accuracy }) => accuracy),
    ),
  ];
  writeReport(file, {
    title,
    subtitle: axes.map(({ name, values }) => `${name}: ${values.join(", ")}`).join("; "),
    facts: best ? [{ label: "best mIoU", value: percent(best.score), note: best.values.join(", ") }] : [],
    charts: charts.filter(({ lines }) => lines.some(({ points }) => points.some(([, y]) => y !== null))),
    classes: [],
    confusion: [],
    worst: [],
    best: [],
    choices: rows.map(({ values, score, scores, round, share, accuracy }) => ({
      name: values.join(", "),
      value: percent(score),
      reason: scores
        ? `round ${round} of ${scores.map(percent).join(", ")}; labels: ${percent(share ?? null)} of the pixels, ${percent(accuracy ?? null)} right`
        : "one training",
    })),
  });
}
