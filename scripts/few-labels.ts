/**
 * @file `npm run few-labels -- DATA [--labels 1/8] [--model NAME] [--encoder NAME] [--steps N] [--size HxW] [--batch N] [--lr X]
 * [--seeds 1,2,3] [--only NAMES] [--runs DIR] [--out FILE]`: every method for few labels with the same network and number of steps,
 * several seeds each, as a table with mean and spread. A run that is finished is not trained again, one that was interrupted
 * goes on, so the command may be stopped and repeated.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../src/util/files.js";

interface Contestant {
  readonly key: string;
  readonly title: string;
  readonly method: string;
  readonly options?: readonly string[];
}

/**
 * Half of the steps for the first round, as labels of a network that is still weak are mostly wrong; no early end, so that all methods
 * make the same number of steps.
 */
const rounds = ["firstShare=0.5", "patience=9"];

const contestants: readonly Contestant[] = [
  { key: "supervised", title: "supervised only", method: "supervised" },
  {
    key: "uniform",
    title: "self-training, one threshold",
    method: "self-training",
    options: [...rounds, "threshold=uniform"],
  },
  { key: "balanced", title: "self-training, class-balanced", method: "self-training", options: rounds },
  {
    key: "merged",
    title: "class-balanced, rounds merged",
    method: "self-training",
    options: [...rounds, "merge=mean"],
  },
  { key: "st++", title: "ST++", method: "st++" },
  { key: "mean-teacher", title: "Mean Teacher", method: "mean-teacher" },
  { key: "fixmatch", title: "FixMatch", method: "fixmatch" },
  { key: "unimatch", title: "UniMatch", method: "unimatch" },
  { key: "cps", title: "CPS", method: "cps" },
  { key: "adversarial", title: "adversarial", method: "adversarial" },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    labels: { type: "string", default: "1/8" },
    model: { type: "string", default: "unet-encoder" },
    encoder: { type: "string", default: "resnet18" },
    steps: { type: "string", default: "800" },
    size: { type: "string", default: "180x240" },
    batch: { type: "string", default: "4" },
    lr: { type: "string", default: "0.001" },
    seeds: { type: "string", default: "1,2,3" },
    only: { type: "string" },
    runs: { type: "string", default: "runs/few-labels" },
    out: { type: "string", default: "results/semi.md" },
  },
});
const [data] = positionals;
if (data === undefined) {
  process.stderr.write(
    "usage: npm run few-labels -- DATA [--labels 1/8] [--steps N] [--seeds 1,2,3] [--only NAMES] [--runs DIR]\n",
  );
  process.exit(2);
}

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const segkit = (...args: string[]): void => {
  const { status } = spawnSync(process.execPath, ["--import", "tsx", main, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`segkit ${args.join(" ")} ended with ${status}`);
};

const network = ["--model", values.model, ...(values.encoder === "" ? [] : ["--encoder", values.encoder])];
const common = [
  ...["--steps", values.steps, "--size", values.size, "--batch", values.batch, "--lr", values.lr],
  ...["--labels", values.labels, "--weights-of-classes", "none", "--set", "inputRule=resize"],
];

interface Scores {
  readonly classes: readonly { readonly name: string; readonly truthPixels: number; readonly iou: number | null }[];
  readonly meanIou: number;
}

interface Outcome {
  readonly meanIou: number;
  readonly rare: number;
  readonly val: number;
  readonly minutes: number;
  readonly gigabytes: number;
}

/** Classes that count as rare, of the fewest true pixels. */
const rareClasses = 5;

const json = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;

/** The run folder itself and those of its rounds. */
function partsOf(run: string): string[] {
  const rounds = join(run, "rounds");
  return existsSync(rounds) ? readdirSync(rounds).map((name) => join(rounds, name)) : [run];
}

interface RunFile {
  readonly sessions: readonly { readonly seconds: number | null; readonly peakMemory?: number }[];
}

/** Trains, or goes on, as far as needed, and scores the test split once. */
function outcomeOf({ key, method, options = [] }: Contestant, seed: string): Outcome {
  const run = join(values.runs, `${key}-${seed}`);
  const [test, val] = [join(run, "test.json"), join(run, "val.json")];
  const settings = options.flatMap((option) => ["--set", `method.${option}`]);
  if (!existsSync(test)) {
    if (existsSync(join(run, "plan.json")) || existsSync(join(run, "semi.json"))) segkit("semi", "--resume", run);
    else segkit("semi", data!, "--method", method, ...settings, ...network, ...common, "--seed", seed, "--run", run);
    segkit("eval", run, data!, "--split", "val", "--json", val);
    segkit("eval", run, data!, "--split", "test", "--json", test);
  }
  const { scores } = json<{ scores: Scores }>(test);
  const known = scores.classes.filter(({ truthPixels }) => truthPixels > 0);
  const rare = [...known].sort((a, b) => a.truthPixels - b.truthPixels).slice(0, rareClasses);
  const sessions = partsOf(run).map((part) => json<RunFile>(join(part, "run.json")).sessions);
  return {
    meanIou: scores.meanIou,
    rare: rare.reduce((sum, { iou }) => sum + (iou ?? 0), 0) / rare.length,
    val: json<{ scores: Scores }>(val).scores.meanIou,
    minutes: sessions.reduce((sum, list) => sum + (list.at(-1)?.seconds ?? 0), 0) / 60,
    gigabytes: Math.max(...sessions.flat().map(({ peakMemory = 0 }) => peakMemory)) / 2 ** 30,
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const spread = (numbers: readonly number[]): number =>
  numbers.length < 2
    ? 0
    : Math.sqrt(numbers.reduce((sum, one) => sum + (one - mean(numbers)) ** 2, 0) / (numbers.length - 1));
const percent = (numbers: readonly number[]): string =>
  `${(100 * mean(numbers)).toFixed(1)} ± ${(100 * spread(numbers)).toFixed(1)}`;

mkdirSync(values.runs, { recursive: true });
const seeds = values.seeds.split(",");
const wanted = values.only?.split(",");
const rows = contestants
  .filter(({ key }) => wanted?.includes(key) ?? true)
  .map((contestant) => ({ contestant, outcomes: seeds.map((seed) => outcomeOf(contestant, seed)) }));
const line = ({ contestant, outcomes }: (typeof rows)[number]): string => {
  const column = (field: keyof Outcome): number[] => outcomes.map((outcome) => outcome[field]);
  return `| ${contestant.title} | ${percent(column("meanIou"))} | ${percent(column("rare"))} | ${percent(column("val"))} | ${mean(column("minutes")).toFixed(1)} | ${Math.max(...column("gigabytes")).toFixed(1)} |`;
};
const text = `# Few labels on ${basename(data)}

${values.labels} of the training labels, the other training images without theirs; ${values.model} over ${values.encoder} from random weights, ${values.steps} optimizer steps of
batch ${values.batch} at ${values.size} for every method (methods in rounds share them out), AdamW at ${values.lr} with poly decay, seeds ${values.seeds}: another
subset of labels, start and order each. Mean and standard deviation in percent; the weights are the best on validation, the test split
was scored once. Rare: mean IoU of the ${rareClasses} classes with the fewest pixels. Memory is the largest of any run.

    npm run few-labels -- ${basename(data)} --labels ${values.labels} --model ${values.model} --encoder ${values.encoder} --steps ${values.steps} --size ${values.size} --batch ${values.batch} --lr ${values.lr} --seeds ${values.seeds}

| method | test mIoU | rare classes | val mIoU | minutes | GB |
| --- | --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}
`;
writeFileAtomic(values.out, text);
process.stdout.write(text);
