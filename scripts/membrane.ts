/**
 * @file `npm run membrane -- DATA [--steps N] [--size N] [--seeds 1,2,3] [--runs DIR] [--out FILE]`: trains U-Net on touching cells
 * with plain cross-entropy and with the weight map of its paper, and writes foreground IoU, split and merge errors on the test split
 * as a table. A run that is finished is not trained again, one that was interrupted goes on, so the command may be stopped and repeated.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openDataset } from "../src/data/dataset.js";
import { loadMask } from "../src/data/load.js";
import { type SegmentScores, segmentScores } from "../src/metrics/index.js";
import { readRawMask } from "../src/raster/read-mask.js";
import { writeFileAtomic } from "../src/util/files.js";

/** Class of the objects: cells touch wherever the other class, the membrane, is missed. */
const cells = [0];
const membrane = 1;

/** Segments of fewer pixels are specks, not cells. */
const minSize = 50;

const contestants = [
  { name: "plain cross-entropy", options: ["--loss", "crossEntropy"] },
  {
    name: "weight map",
    options: ["--loss", "boundaryCrossEntropy", "--set", `loss.boundaryCrossEntropy.objects=[${cells}]`],
  },
] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "800" },
    size: { type: "string", default: "192" },
    seeds: { type: "string", default: "1,2,3" },
    runs: { type: "string", default: "runs/membrane" },
    out: { type: "string", default: "results/membrane.md" },
  },
});
const [data] = positionals;
if (data === undefined) {
  process.stderr.write(
    "usage: npm run membrane -- DATA [--steps N] [--size N] [--seeds 1,2,3] [--runs DIR] [--out FILE]\n",
  );
  process.exit(2);
}

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const segkit = (...args: string[]): void => {
  const { status } = spawnSync(process.execPath, ["--import", "tsx", main, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`segkit ${args.join(" ")} ended with ${status}`);
};

const { splits } = await openDataset(data);
const test = splits.test ?? [];

const columns = ["foreground IoU", "splits", "merges", "VI split", "VI merge", "Rand error"] as const;

/** The columns' numbers of the masks in a folder; errors are counted over all images, information and Rand error averaged. */
async function scoresOf(folder: string, iou: number): Promise<number[]> {
  const each: SegmentScores[] = [];
  for (const sample of test) {
    const { mask: truth } = (await loadMask(sample))!;
    const prediction = await readRawMask(join(folder, "masks", `${sample.id}.png`));
    each.push(segmentScores(truth, prediction, { objects: cells, minSize }));
  }
  const sum = (pick: (scores: SegmentScores) => number): number => each.reduce((n, one) => n + pick(one), 0);
  return [
    iou,
    sum(({ splits }) => splits),
    sum(({ merges }) => merges),
    sum(({ viSplit }) => viSplit) / each.length,
    sum(({ viMerge }) => viMerge) / each.length,
    sum(({ randError }) => randError) / each.length,
  ];
}

/** Trains, or goes on, as far as needed, and scores the test split. */
async function trained({ name, options }: (typeof contestants)[number], seed: string): Promise<number[]> {
  const run = join(values.runs, `${name.replace(/\W+/g, "-")}-${seed}`);
  const folder = join(run, "test");
  if (!existsSync(join(run, "model.onnx"))) {
    if (existsSync(join(run, "plan.json"))) segkit("train", "--resume", run);
    else {
      const size = ["--size", `${values.size}x${values.size}`, "--set", "inputRule=tiles", "--batch", "4"];
      const rest = ["--steps", values.steps, "--flip", "both", "--seed", seed, "--run", run];
      segkit("train", data!, "--model", "unet", ...options, ...size, ...rest);
    }
  }
  if (!existsSync(join(folder, "scores.json"))) segkit("eval", run, data!, "--split", "test", "--out", folder);
  const { scores } = JSON.parse(readFileSync(join(folder, "scores.json"), "utf8")) as {
    scores: { classes: { iou: number }[] };
  };
  return scoresOf(folder, scores.classes[membrane]!.iou);
}

const text = (value: number, column: number): string =>
  column === 1 || column === 2 ? value.toFixed(value % 1 === 0 ? 0 : 1) : value.toFixed(4);

/** Mean and standard deviation of a column. */
function spread(rows: readonly (readonly number[])[], column: number): string {
  const mean = rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length;
  const variance = rows.reduce((sum, row) => sum + (row[column]! - mean) ** 2, 0) / Math.max(1, rows.length - 1);
  return `${text(mean, column)} ± ${text(Math.sqrt(variance), column)}`;
}

mkdirSync(values.runs, { recursive: true });
const seeds = values.seeds.split(",");
const lines: string[] = [];
for (const contestant of contestants) {
  const rows: number[][] = [];
  for (const seed of seeds) rows.push(await trained(contestant, seed));
  lines.push(...rows.map((row, i) => `| ${contestant.name} | ${seeds[i]} | ${row.map(text).join(" | ")} |`));
  lines.push(`| **${contestant.name}** | mean | ${columns.map((_, column) => spread(rows, column)).join(" | ")} |`);
}
const page = `# Touching cells: U-Net with and without the weight map

U-Net (width 16 on a CPU) from random weights on ${basename(data)}: ${values.steps} steps of batch 4 on crops of ${values.size}x${values.size}, flips both ways, AdamW with poly decay,
the best weights on validation; the test split at full size, scored once. The two differ in the loss alone: plain cross-entropy, or
cross-entropy with the weight map of the U-Net paper (w0 10, sigma 5, cells as objects), which the network sees only while it is trained.

    npm run membrane -- ${basename(data)} --steps ${values.steps} --size ${values.size} --seeds ${values.seeds}

| loss | seed | ${columns.join(" | ")} |
| --- | --- | ${columns.map(() => "---").join(" | ")} |
${lines.join("\n")}

Foreground is the membrane. Cells are connected areas (along edges) of at least ${minSize} pixels between membranes; predicted ones are grown
until they meet, so that the width of a membrane does not count. Splits: true cells in which two or more predicted ones lie with most
of their pixels; merges: predicted cells in which two or more true ones do; both over the ${test.length} test images. VI: variation of information
in bits, H(predicted | true) for splits and H(true | predicted) for merges. Rand error: one minus the F score of pairs of pixels. The
last three are means over images. The spread is the standard deviation over seeds.
`;
writeFileAtomic(values.out, page);
process.stdout.write(page);
