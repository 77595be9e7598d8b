/**
 * @file `npm run few-labels -- DATA [--labels 1/8] [--model NAME] [--encoder NAME] [--steps N] [--size HxW] [--batch N] [--lr X]
 * [--seeds 1,2,3] [--only NAMES] [--parallel N] [--runs DIR] [--out FILE] [--done]`: every method for few labels with the same network
 * and number of steps, several seeds each, as a table with mean and spread. A run that is finished is not trained again, one that was
 * interrupted goes on, so the command may be stopped and repeated; `--done` writes the table of what is finished.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../src/util/files.js";

interface Contestant {
  readonly key: string;
  readonly title: string;
  readonly method: string;
  readonly options?: readonly string[];
  /** Keeps so many labels instead of those asked for. */
  readonly labels?: string;
  /** Takes its first round from this one, of the same seed. */
  readonly first?: string;
}

/** No early end, so that all methods make the same number of steps. */
const rounds = ["firstShare=0.5", "patience=9"];

const contestants: readonly Contestant[] = [
  { key: "all", title: "supervised, all labels", method: "supervised", labels: "1/1" },
  { key: "supervised", title: "supervised only", method: "supervised" },
  { key: "balanced", title: "self-training, class-balanced", method: "self-training", options: rounds },
  {
    key: "uniform",
    title: "self-training, one threshold",
    method: "self-training",
    options: [...rounds, "threshold=uniform"],
    first: "balanced",
  },
  {
    key: "merged",
    title: "class-balanced, rounds merged",
    method: "self-training",
    options: [...rounds, "merge=mean"],
    first: "balanced",
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
    model: { type: "string", default: "enet" },
    encoder: { type: "string", default: "" },
    steps: { type: "string", default: "3000" },
    size: { type: "string", default: "180x240" },
    batch: { type: "string", default: "4" },
    lr: { type: "string", default: "0.005" },
    seeds: { type: "string", default: "1,2,3" },
    only: { type: "string" },
    parallel: { type: "string", default: "1" },
    done: { type: "boolean", default: false },
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
const threads = Math.max(1, Math.floor(availableParallelism() / Number(values.parallel)));

/** Runs a command; what it prints is added to a file. */
async function segkit(log: string, ...args: string[]): Promise<void> {
  const file = openSync(log, "a");
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], { stdio: ["ignore", file, file] });
  const [status] = await once(child, "exit");
  closeSync(file);
  if (status !== 0) throw new Error(`segkit ${args.join(" ")} ended with ${status}, see ${log}`);
}

const network = ["--model", values.model, ...(values.encoder === "" ? [] : ["--encoder", values.encoder])];
const common = [
  ...["--steps", values.steps, "--size", values.size, "--batch", values.batch, "--lr", values.lr],
  ...["--weights-of-classes", "enet", "--ema", "0.98", "--set", "inputRule=resize", "--threads", String(threads)],
  ...["--validate-every", String(Math.max(1, Math.round(Number(values.steps) / 20)))],
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

const folderOf = (key: string, seed: string): string => join(values.runs, `${key}-${seed}`);
const isDone = (key: string, seed: string): boolean => existsSync(join(folderOf(key, seed), "test.json"));

/** Trains, or goes on, as far as needed, and scores the test split once. Without an encoder apart there are no features to drop. */
async function complete({ key, method, labels, options = [], first }: Contestant, seed: string): Promise<void> {
  const run = folderOf(key, seed);
  const log = `${run}.log`;
  const fitting = key === "unimatch" && values.encoder === "" ? ["featureDropout=0"] : options;
  const settings = fitting.flatMap((option) => ["--set", `method.${option}`]);
  const share = ["--labels", labels ?? values.labels];
  const from = first === undefined || !isDone(first, seed) ? [] : ["--first", folderOf(first, seed)];
  if (existsSync(join(run, "plan.json")) || existsSync(join(run, "semi.json")))
    await segkit(log, "semi", "--resume", run);
  else {
    const learning = ["--method", method, ...settings, ...share, ...from];
    await segkit(log, "semi", data!, ...learning, ...network, ...common, "--seed", seed, "--run", run);
  }
  for (const split of ["val", "test"])
    await segkit(log, "eval", run, data!, "--split", split, "--json", join(run, `${split}.json`));
}

/** What a finished run reached. */
function outcomeOf({ key }: Contestant, seed: string): Outcome {
  const run = folderOf(key, seed);
  const [test, val] = [join(run, "test.json"), join(run, "val.json")];
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
const chosen = contestants.filter(({ key }) => wanted?.includes(key) ?? true);

/** Seed after seed, so that a part of the work is a whole table. What a run starts from stands before it, and is waited for. */
async function completeAll(): Promise<void> {
  const jobs = seeds.flatMap((seed) => chosen.map((contestant) => ({ contestant, seed })));
  const begun = new Map<string, Promise<void>>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job; job = jobs[next++]) {
      const { contestant, seed } = job;
      if (isDone(contestant.key, seed)) continue;
      const before = contestant.first === undefined ? undefined : begun.get(folderOf(contestant.first, seed));
      process.stdout.write(`${contestant.title}, seed ${seed}\n`);
      const run = Promise.resolve(before).then(() => complete(contestant, seed));
      begun.set(folderOf(contestant.key, seed), run);
      await run;
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, work));
}

if (!values.done) await completeAll();
const rows = chosen.flatMap((contestant) => {
  const finished = seeds.filter((seed) => isDone(contestant.key, seed));
  return finished.length === 0 ? [] : [{ contestant, outcomes: finished.map((seed) => outcomeOf(contestant, seed)) }];
});
const line = ({ contestant, outcomes }: (typeof rows)[number]): string => {
  const column = (field: keyof Outcome): number[] => outcomes.map((outcome) => outcome[field]);
  return `| ${contestant.title} | ${outcomes.length} | ${percent(column("meanIou"))} | ${percent(column("rare"))} | ${percent(column("val"))} | ${mean(column("minutes")).toFixed(1)} | ${Math.max(...column("gigabytes")).toFixed(1)} |`;
};
const net = values.encoder === "" ? values.model : `${values.model} over ${values.encoder}`;
const text = `# Few labels on ${basename(data)}

${values.labels} of the training labels, the other training images without theirs; ${net} from random weights, ${values.steps} optimizer steps of
batch ${values.batch} at ${values.size} for every method (methods in rounds share them out), AdamW at ${values.lr} with poly decay, average of the weights 0.98, class weights 1/ln(1.02 + p), seeds ${values.seeds}: another
subset of labels, start and order each. Mean and standard deviation in percent; the weights are the best on validation, the test split
was scored once. Rare: mean IoU of the ${rareClasses} classes with the fewest pixels. Memory is the largest of any run.

    npm run few-labels -- ${basename(data)} --labels ${values.labels} --model ${values.model} ${values.encoder === "" ? "" : `--encoder ${values.encoder} `}--steps ${values.steps} --size ${values.size} --batch ${values.batch} --lr ${values.lr} --seeds ${values.seeds}

| method | seeds | test mIoU | rare classes | val mIoU | minutes | GB |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}
`;
writeFileAtomic(values.out, text);
process.stdout.write(text);
