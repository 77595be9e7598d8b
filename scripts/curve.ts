/** @file `node scripts/run.mjs scripts/curve.ts RUN NAME`: a run's validation scores and losses as results/NAME.csv and results/NAME.svg. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../src/util/files.js";

interface Line {
  readonly step: number;
  readonly split: "train" | "val";
  readonly epoch: number;
  readonly loss: number;
  readonly mIoU?: number;
  readonly PA?: number;
  readonly seconds: number;
}

const [run, name] = process.argv.slice(2);
if (run === undefined || name === undefined) {
  process.stderr.write("usage: node scripts/run.mjs scripts/curve.ts RUN NAME\n");
  process.exit(2);
}
const lines = readFileSync(join(run, "metrics.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Line);
const validations = lines.filter(({ split }) => split === "val");
const losses = lines.filter(({ split }) => split === "train");

/** Mean training loss between two validations. */
const trainLoss = (from: number, to: number): number => {
  const between = losses.filter(({ step }) => step > from && step <= to);
  return between.reduce((sum, { loss }) => sum + loss, 0) / between.length;
};

const rows = validations.map(({ step, epoch, loss, mIoU = 0, PA = 0, seconds }, i) => ({
  epoch,
  step,
  minutes: seconds / 60,
  trainLoss: trainLoss(validations[i - 1]?.step ?? 0, step),
  valLoss: loss,
  mIoU,
  PA,
}));
const csv = rows.map(
  (row) =>
    `${row.epoch},${row.step},${row.minutes.toFixed(1)},${row.trainLoss.toFixed(4)},${row.valLoss.toFixed(4)},${row.mIoU.toFixed(4)},${row.PA.toFixed(4)}`,
);
writeFileAtomic(
  join("results", `${name}.csv`),
  `epoch,step,minutes,train loss,val loss,val mIoU,val PA\n${csv.join("\n")}\n`,
);

const [width, height, margin] = [640, 280, 42];
const last = Math.max(...rows.map(({ epoch }) => epoch));
const x = (epoch: number): number => margin + ((width - 2 * margin) * epoch) / last;
const y = (share: number): number => height - margin - (height - 2 * margin) * share;
const most = Math.max(...rows.flatMap((row) => [row.trainLoss, row.valLoss]));
const curve = (pick: (row: (typeof rows)[number]) => number, colour: string): string =>
  `<polyline fill="none" stroke="${colour}" stroke-width="1.6" points="${rows.map((row) => `${x(row.epoch).toFixed(1)},${y(pick(row)).toFixed(1)}`).join(" ")}"/>`;
const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (share) =>
    `<path d="M ${margin} ${y(share)} H ${width - margin}" stroke="#e6ebf0"/><text x="${margin - 6}" y="${y(share) + 3}" text-anchor="end">${share}</text>` +
    `<text x="${width - margin + 6}" y="${y(share) + 3}">${(share * most).toFixed(1)}</text>`,
);
const epochs = Array.from({ length: 6 }, (_, i) => Math.round((last * i) / 5)).map(
  (epoch) => `<text x="${x(epoch)}" y="${height - margin + 16}" text-anchor="middle">${epoch}</text>`,
);
const legend = ["val mIoU", "val pixel accuracy", "train loss", "val loss"].map(
  (text, i) =>
    `<text x="${margin + 8 + i * 130}" y="16" style="fill:${["#3b6ea5", "#7fa7cf", "#d08a2e", "#a33b3b"][i]}">${text}</text>`,
);
writeFileAtomic(
  join("results", `${name}.svg`),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><style>text{font:11px sans-serif;fill:#44566a}</style><rect width="100%" height="100%" fill="#fff"/>
${[...ticks, ...epochs, ...legend].join("\n")}
${curve((row) => row.mIoU, "#3b6ea5")}
${curve((row) => row.PA, "#7fa7cf")}
${curve((row) => row.trainLoss / most, "#d08a2e")}
${curve((row) => row.valLoss / most, "#a33b3b")}
<text x="${width / 2}" y="${height - 8}" text-anchor="middle">epoch</text></svg>
`,
);
