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

function line({ contestant, outcomes }: Row): string {
  const column = (field: "meanIou" | "rare" | "val" | "minutes" | "gigabytes"): number[] =>
    outcomes.map((outcome) => outcome[field]);
  const cells = [
    contestant.title,
    outcomes.length,
    ...(["meanIou", "rare", "val"] as const).map((field) => percent(column(field))),
    mean(column("minutes")).toFixed(1),
    Math.max(...column("gigabytes")).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}

export const table = (rows: readonly Row[]): string =>
  `| method | seeds | test mIoU | rare classes | val mIoU | minutes | GB |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}
`;

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
