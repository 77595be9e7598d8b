/** @file The comparison as a page: a table with mean and spread over seeds, and the validation curves as a picture. */
import type { Contestant } from "./contestants.js";
import { drawLines } from "./lines.js";
import type { Outcome } from "./outcome.js";

export interface Row {
  readonly contestant: Contestant;
  readonly outcomes: readonly Outcome[];
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** Standard deviation over seeds, of which there are two at least. */
const spread = (numbers: readonly number[]): number =>
  Math.sqrt(numbers.reduce((sum, one) => sum + (one - mean(numbers)) ** 2, 0) / (numbers.length - 1));

const percent = (numbers: readonly number[]): string =>
  (100 * mean(numbers)).toFixed(1) + (numbers.length < 2 ? "" : ` ± ${(100 * spread(numbers)).toFixed(1)}`);

/** Test mIoU minus that of the baseline with the same seed, which has the same labels and start: mean and spread. */
function gain(outcomes: readonly Outcome[], baseline: readonly Outcome[]): string {
  const pairs = outcomes.flatMap(({ seed, meanIou }) => {
    const other = baseline.find((one) => one.seed === seed);
    return other ? [meanIou - other.meanIou] : [];
  });
  if (pairs.length === 0) return "";
  return `${mean(pairs) < 0 ? "" : "+"}${percent(pairs)}`;
}

function line({ contestant, outcomes }: Row, baseline: readonly Outcome[]): string {
  const column = (field: "meanIou" | "rare" | "val" | "minutes" | "gigabytes"): number[] =>
    outcomes.map((outcome) => outcome[field]);
  const cells = [
    contestant.title,
    outcomes.length,
    percent(column("meanIou")),
    outcomes === baseline ? "" : gain(outcomes, baseline),
    ...(["rare", "val"] as const).map((field) => percent(column(field))),
    mean(column("minutes")).toFixed(1),
    Math.max(...column("gigabytes")).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** In what methods differ from their papers, a line each. */
export const notes = (rows: readonly Row[]): string =>
  rows.flatMap(({ contestant: { title, note } }) => (note === undefined ? [] : [`- ${title}: ${note}.\n`])).join("");

/** The rows beside the one of the key `supervised`. */
export function table(rows: readonly Row[]): string {
  const baseline = rows.find(({ contestant }) => contestant.key === "supervised")?.outcomes ?? [];
  return `| method | seeds | test mIoU | to supervised | rare classes | val mIoU | minutes | GB |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map((row) => line(row, baseline)).join("\n")}
`;
}

/** Mean over seeds of the score at each step that all of them were validated at. */
function meanCurve(outcomes: readonly Outcome[]): [step: number, score: number][] {
  const [first, ...others] = outcomes.map(({ curve }) => new Map(curve));
  return Array.from(first!, ([step, score]): [number, number] => [
    step,
    mean([score, ...others.map((curve) => curve.get(step) ?? Number.NaN)]),
  ]).filter(([, score]) => !Number.isNaN(score));
}

/** Validation mIoU over the steps, a curve for each method. */
export const picture = (rows: readonly Row[]): string =>
  drawLines(
    rows.map(({ contestant: { title }, outcomes }) => ({ title, points: meanCurve(outcomes) })),
    { x: "optimizer steps", y: "mean validation mIoU over seeds" },
  );
