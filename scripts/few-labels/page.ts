/** @file The comparison as a page: a table with mean and spread over seeds, and the validation curves as a picture. */
import type { Contestant } from "./contestants.js";
import type { Outcome } from "./outcome.js";

export interface Row {
  readonly contestant: Contestant;
  readonly outcomes: readonly Outcome[];
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** Standard deviation over seeds. */
const spread = (numbers: readonly number[]): number =>
  numbers.length < 2
    ? 0
    : Math.sqrt(numbers.reduce((sum, one) => sum + (one - mean(numbers)) ** 2, 0) / (numbers.length - 1));

const percent = (numbers: readonly number[]): string =>
  `${(100 * mean(numbers)).toFixed(1)} ± ${(100 * spread(numbers)).toFixed(1)}`;

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

const colours = ["#222222", "#1f77b4", "#7fb2dd", "#0b4a7a", "#17a2a2", "#8a6d3b", "#d62728", "#ff7f0e", "#9467bd", "#2ca02c", "#999999"];

/** Validation mIoU over the steps, a curve for each method. */
export function picture(rows: readonly Row[]): string {
  const lines = rows.map(({ contestant: { title }, outcomes }) => ({ title, points: meanCurve(outcomes) }));
  const all = lines.flatMap(({ points }) => points);
  const last = Math.max(...all.map(([step]) => step));
  const most = Math.ceil(Math.max(...all.map(([, score]) => score)) * 20) / 20;
  const [width, height, margin, legend] = [760, 340, 42, 220];
  const x = (step: number): string => (margin + ((width - margin - legend) * step) / last).toFixed(1);
  const y = (score: number): string => (height - margin - ((height - 2 * margin) * score) / most).toFixed(1);
  const ticks = Array.from({ length: Math.round(most * 20) + 1 }, (_, i) => i / 20).filter((score) => (score * 10) % 1 === 0);
  const body = [
    ...ticks.map(
      (score) =>
        `<path d="M ${margin} ${y(score)} H ${width - legend}" stroke="#e6ebf0"/><text x="${margin - 6}" y="${Number(y(score)) + 3}" text-anchor="end">${score}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) => `<text x="${x(share * last)}" y="${height - margin + 16}" text-anchor="middle">${Math.round(share * last)}</text>`,
    ),
    ...lines.flatMap(({ title, points }, i) => [
      `<polyline fill="none" stroke="${colours[i % colours.length]}" stroke-width="1.6" points="${points.map(([step, score]) => `${x(step)},${y(score)}`).join(" ")}"/>`,
      `<text x="${width - legend + 10}" y="${margin + 18 * i}" style="fill:${colours[i % colours.length]}">${title}</text>`,
    ]),
    `<text x="${(width - legend + margin) / 2}" y="${height - 8}" text-anchor="middle">optimizer steps; mean validation mIoU over seeds</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><style>text{font:11px sans-serif;fill:#44566a}</style><rect width="100%" height="100%" fill="#fff"/>
${body.join("\n")}</svg>
`;
}
