/** @file Lists and comparisons of runs as text for the terminal. */
import { type FieldDifference, type FieldValue, fieldText } from "../record/index.js";
import type { RunComparison, RunList } from "../verbs/runs.js";
import { table } from "./table.js";

/** Characters of a cell that are shown; lists of transforms would fill the screen. */
const widest = 44;

const short = (text: string): string => (text.length > widest ? `${text.slice(0, widest - 3)}...` : text);

/** The runs as a table; a dash where a run has no such field. */
export function runListText({ runs, columns }: RunList): string {
  const right = columns.flatMap((column, i) =>
    runs.some(({ fields }) => typeof fields.get(column) === "number") ? [i] : [],
  );
  const rows = runs.map(({ fields }) =>
    columns.map((column) => {
      const value = fields.get(column);
      return value === undefined ? "-" : short(fieldText(column, value));
    }),
  );
  return table(columns, rows, { right });
}

const cell = (field: string, value: FieldValue | undefined): string =>
  value === undefined ? "-" : short(fieldText(field, value));

const differenceTable = (title: string, runs: readonly string[], rows: readonly FieldDifference[]): string =>
  rows.length === 0
    ? `${title}: no difference`
    : table(
        [title, ...runs.map(short)],
        rows.map(({ field, first, second }) => [field, cell(field, first), cell(field, second)]),
      );

const score = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(4));
const signed = (value: number): string => (Number.isNaN(value) ? "-" : `${value < 0 ? "" : "+"}${value.toFixed(4)}`);

function scoresText({ runs, scores }: RunComparison): string[] {
  if (!scores) return [];
  const { data, split, images, mean, classes, share, resamples, seed } = scores;
  const rows = [...classes, { name: "mean", ...mean }].map((one) => [
    short(one.name),
    score(one.first),
    score(one.second),
    signed(one.difference),
    `${signed(one.low)} ... ${signed(one.high)}`,
  ]);
  return [
    "",
    `IoU on split ${split} of ${data}, ${images} images`,
    table(["class", ...runs.map(short), "difference", "95 % interval"], rows, { right: [1, 2, 3, 4] }),
    `${runs[1]} has the higher mIoU in ${(100 * share).toFixed(1)} % of ${resamples} draws of the images (seed ${seed})`,
  ];
}

/** Choices and facts that differ, scores with their differences. */
export const comparisonText = (comparison: RunComparison): string =>
  [
    differenceTable("choice", comparison.runs, comparison.plan),
    "",
    differenceTable("fact", comparison.runs, comparison.facts),
    ...scoresText(comparison),
  ].join("\n");
