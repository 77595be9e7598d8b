/**
 * @file `npm run portions -- DATA [--seeds 1,2,3] [--portions 2%,5%,...] [--sizes HxW,HxW] [--runs DIR] [--out FILE] [--done]`:
 * class-balanced self-training with several portions x, for two networks at two resolutions each, as sweeps of `segkit semi` beside each
 * other, and labels alone for as many steps; a table and a plot of the validation scores. What a finished sweep found is kept beside the
 * table, so that it is not made again where its folder is gone; one that was interrupted goes on.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { loadCheckpoint } from "../src/train/checkpoint.js";
import { parseProgress } from "../src/train/progress.js";
import { writeFileAtomic } from "../src/util/files.js";
import { drawLines } from "./few-labels/lines.js";
import { shrunk } from "./few-labels/shrink.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    labels: { type: "string", default: "1/8" },
    seeds: { type: "string", default: "1,2,3" },
    portions: { type: "string", default: "2%,5%,10%,20%,40%,60%" },
    sizes: { type: "string", default: "90x120,120x160" },
    runs: { type: "string", default: "runs/portions" },
    out: { type: "string", default: "results/portions" },
    done: { type: "boolean", default: false },
  },
});
const [data] = positionals;
if (data === undefined) {
  process.stderr.write("usage: npm run portions -- DATA [--seeds 1,2,3] [--portions 2%,5%] [--runs DIR]\n");
  process.exit(2);
}

/** Each with the learning rate that suits it, and as many steps as it needs to learn 46 images. */
const networks = [
  { name: "enet", title: "ENet", steps: 1600, options: ["--model", "enet", "--lr", "0.005", "--batch", "4"] },
  {
    name: "unet-resnet18",
    title: "U-Net over ResNet-18",
    steps: 1000,
    options: [
      ...["--model", "unet-encoder", "--encoder", "resnet18", "--set", "decoderChannels=[128,64,32,16,16]"],
      ...["--lr", "0.001", "--batch", "2"],
    ],
  },
];

const seeds = values.seeds.split(",");
const sizes = values.sizes.split(",");
const portions = values.portions.split(",");

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const folderOf = (name: string, seed: string): string => join(values.runs, `${name}-${seed}`);

type Network = (typeof networks)[number];

const method = ["rounds=1", "firstShare=0.5", "labelledShare=0.667", "strong=false", "tta=none"];
const selfTraining = ["--method", "self-training", ...method.flatMap((option) => ["--set", `method.${option}`])];

/** Trains into a folder, or goes on with what is there: `begun` is the file that tells. */
async function semi(run: string, begun: string, { steps, options }: Network, seed: string, more: readonly string[]) {
  const common = ["--labels", values.labels, "--weights-of-classes", "enet", "--ema", "0.98"];
  const quiet = ["--set", "inputRule=resize", "--no-doctor", "--threads", "1", "--workers", "1"];
  const length = ["--steps", String(steps), "--validate-every", String(steps / 10)];
  const args = existsSync(join(run, begun))
    ? ["semi", "--resume", run]
    : ["semi", set, ...common, ...quiet, ...options, ...length, ...more, "--seed", seed, "--run", run];
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], { stdio: "inherit" });
  const [status] = await once(child, "exit");
  if (status !== 0) throw new Error(`segkit ${args.join(" ")} ended with ${status}`);
}

interface SweepRow {
  readonly values: readonly [portion: string, size: string];
  readonly scores: readonly (number | null)[];
  readonly share: number | null;
  readonly accuracy: number | null;
}

/** Rows of finished sweeps by network and seed, e.g. `enet-1`. */
type Kept = { [sweep: string]: readonly SweepRow[] };

/** The portion of rows that learnt from labels alone, in all steps. */
const none = "0%";

const keptFile = `${values.out}.json`;
const kept: Kept = existsSync(keptFile) ? (JSON.parse(readFileSync(keptFile, "utf8")) as Kept) : {};

const has = (rows: readonly SweepRow[], portion: string, size: string): boolean =>
  rows.some(({ values }) => values[0] === portion && values[1] === size);
const wanted = (rows: readonly SweepRow[]): boolean =>
  portions.every((portion) => sizes.every((size) => has(rows, portion, size)));

/** Adds rows to those that are kept, in place of equal ones. */
function keep(key: string, found: readonly SweepRow[]): void {
  const isFound = ({ values }: SweepRow): boolean => found.some((row) => isDeepStrictEqual(row.values, values));
  kept[key] = [...(kept[key] ?? []).filter((row) => !isFound(row)), ...found];
  const lines = Object.entries(kept).map(
    ([name, rows]) => `${JSON.stringify(name)}: [\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]`,
  );
  writeFileAtomic(keptFile, `{\n${lines.join(",\n")}\n}\n`);
}

/** Sweeps a network, and trains it on labels alone, unless that is done, and keeps what it found. */
async function complete(network: Network, seed: string): Promise<void> {
  const key = `${network.name}-${seed}`;
  for (const size of sizes) {
    if (has(kept[key] ?? [], none, size)) continue;
    const run = `${folderOf(network.name, seed)}-alone-${size}`;
    await semi(run, "plan.json", network, seed, ["--method", "supervised", "--size", size]);
    const { best, step } = parseProgress(loadCheckpoint(run, "last", []).state);
    if (step < network.steps) throw new Error(`${run} was interrupted: give the command again to go on with it`);
    keep(key, [{ values: [none, size], scores: [best?.score ?? null], share: 0, accuracy: null }]);
  }
  if (wanted(kept[key] ?? [])) return;
  const run = folderOf(network.name, seed);
  const axes = ["--sweep", `portion=${values.portions}`, "--sweep", `size=${values.sizes}`];
  await semi(run, "sweep.json", network, seed, [...selfTraining, ...axes]);
  const { rows } = JSON.parse(readFileSync(join(run, "sweep.json"), "utf8")) as { rows: readonly SweepRow[] };
  if (!wanted(rows)) throw new Error(`${run} has not all portions and sizes: give the command again to go on with it`);
  const found = rows.map(({ values, scores, share, accuracy }) => ({ values, scores, share, accuracy }));
  keep(key, found);
}

mkdirSync(values.runs, { recursive: true });
const sides = sizes.map((size) => size.split("x").map(Number) as [number, number]);
const largest = sides.reduce((most, side) => (side[0] > most[0] ? side : most));
const set = join(values.runs, `${basename(data)}-${largest.join("x")}`);
if (!values.done) await shrunk(data, ...largest, set);
if (!values.done) for (const seed of seeds) await Promise.all(networks.map((network) => complete(network, seed)));

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const percent = (share: number): string => (100 * share).toFixed(1);

/** What a portion led to, for one network and size, over the seeds that are done. */
function cellOf(name: string, size: string, portion: string) {
  const rows = seeds.flatMap((seed) =>
    (kept[`${name}-${seed}`] ?? []).filter((row) => row.values[0] === portion && row.values[1] === size),
  );
  if (rows.length === 0) return undefined;
  return {
    before: mean(rows.map(({ scores }) => scores[0]!)),
    after: mean(rows.map(({ scores }) => scores.at(-1)!)),
    share: mean(rows.map(({ share }) => share ?? 0)),
    accuracy: mean(rows.map(({ accuracy }) => accuracy ?? 0)),
  };
}

const settings = networks.flatMap(({ name, title }) =>
  sizes.map((size) => ({ name, title: `${title}, ${size}`, size })),
);
const rows = settings.map(({ name, title, size }) => ({
  title,
  alone: cellOf(name, size, none),
  cells: portions.map((portion) => ({ portion, cell: cellOf(name, size, portion) })),
}));
const table = rows.map(({ title, alone, cells }) => {
  const before = cells.find(({ cell }) => cell)?.cell?.before;
  const scores = cells.map(({ cell }) => (cell ? percent(cell.after) : "-"));
  const first = before === undefined ? "-" : percent(before);
  return `| ${title} | ${first} | ${alone ? percent(alone.after) : "-"} | ${scores.join(" | ")} |`;
});
const labelled = rows.map(({ title, cells }) => {
  const texts = cells.map(({ cell }) => (cell ? `${percent(cell.share)} / ${percent(cell.accuracy)}` : "-"));
  return `| ${title} | ${texts.join(" | ")} |`;
});
const head = (first: string): string =>
  `| ${first} | ${portions.join(" | ")} |\n|${" --- |".repeat(first.split("|").length + portions.length)}`;
const text = `# The portion of self-training on ${basename(data)}

Class-balanced self-training: of each class the surest x of the pixels become labels. ${values.labels} of the training labels; the first half of
the steps (${networks.map(({ title, steps }) => `${title}: ${steps}`).join(", ")}) learns from labels alone, the second from pseudo-labels beside them; seeds ${values.seeds}.
Best validation mIoU in percent, means over seeds: of the first half, of labels alone in as many steps as both, and of the second half.

    npm run portions -- ${basename(data)} --labels ${values.labels} --seeds ${values.seeds} --sizes ${values.sizes}

${head("network, size | first half | labels alone")}
${table.join("\n")}

Labelled pixels of all, and right ones of them, in percent:

${head("network, size")}
${labelled.join("\n")}

![Best validation mIoU over the portion](${basename(values.out)}.svg)
`;
writeFileAtomic(`${values.out}.md`, text);
const lines = rows.map(({ title, cells }) => ({
  title,
  points: cells.flatMap(({ portion, cell }) => (cell ? [[Number.parseFloat(portion), cell.after] as const] : [])),
}));
const marks = portions.map((portion) => Number.parseFloat(portion));
if (lines.some(({ points }) => points.length > 0))
  writeFileAtomic(
    `${values.out}.svg`,
    drawLines(lines, { x: "portion of each class, percent", y: "best validation mIoU" }, marks),
  );
process.stdout.write(text);
