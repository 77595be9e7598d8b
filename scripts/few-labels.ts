/**
 * @file `npm run few-labels -- DATA [--labels 1/8] [--model NAME] [--encoder NAME] [--steps N] [--size HxW] [--batch N] [--lr X]
 * [--unlabelled N] [--rounds OPTIONS] [--with OPTIONS] [--seeds 1,2,3] [--only NAMES] [--parallel N] [--runs DIR] [--out FILE] [--done]`: every method for few labels
 * with the same network and number of steps, several seeds each, as a table with mean and spread. What a finished run reached is
 * kept beside the table, so it is not trained again even where its folder is gone; a run that was interrupted goes on. The command may be
 * stopped and repeated; `--done` writes the table of what is finished.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../src/util/files.js";
import { type Contestant, contestantsWith, inOrderOfWork, usualRounds } from "./few-labels/contestants.js";
import { Outcomes, outcomeOf, rareClasses, requireFinished } from "./few-labels/outcome.js";
import { notes, picture, table } from "./few-labels/page.js";
import { shrunk } from "./few-labels/shrink.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    labels: { type: "string", default: "1/8" },
    model: { type: "string", default: "enet" },
    encoder: { type: "string", default: "" },
    steps: { type: "string", default: "2400" },
    size: { type: "string", default: "180x240" },
    batch: { type: "string", default: "4" },
    unlabelled: { type: "string", default: "2" },
    lr: { type: "string", default: "0.005" },
    rounds: { type: "string", default: usualRounds },
    with: { type: "string", default: "" },
    seeds: { type: "string", default: "1,2,3" },
    only: { type: "string" },
    parallel: { type: "string", default: "1" },
    done: { type: "boolean", default: false },
    runs: { type: "string", default: "runs/few-labels" },
    out: { type: "string", default: "results/semi" },
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

/** What the scores depend on, in the words of the command line. */
const { labels, model, encoder, steps, size, batch, unlabelled, lr } = values;
const settings = {
  data: basename(data),
  labels,
  model,
  encoder,
  steps,
  size,
  batch,
  unlabelled,
  lr,
  with: values.with,
  // Also with each outcome, so that those of before this option are still known.
  ...(values.rounds === usualRounds ? {} : { rounds: values.rounds }),
};
const outcomes = new Outcomes(`${values.out}.json`, settings);

/** Twelve validations, more in longer runs. */
const validationSteps = Math.max(1, Math.min(400, Math.round(Number(steps) / 12)));
const common = [
  ...["--model", model, ...(encoder === "" ? [] : ["--encoder", encoder])],
  ...["--steps", steps, "--size", size, "--batch", batch, "--lr", lr, "--threads", String(threads), "--workers", "1"],
  ...["--weights-of-classes", "enet", "--ema", "0.98", "--set", `unlabelledBatch=${unlabelled}`, "--no-doctor"],
  ...["--validate-every", String(validationSteps)],
  ...values.with.split(" ").filter((option) => option !== ""),
];

const folderOf = (key: string, seed: string): string => join(values.runs, `${key}-${seed}`);

mkdirSync(values.runs, { recursive: true });
const [height, width] = size.split("x").map(Number) as [number, number];
const set = join(values.runs, `${settings.data}-${size}`);

/** Without an encoder apart there are no features to drop. */
const contestants = contestantsWith(values.rounds.split(" ")).map((one): Contestant => {
  if (one.key !== "unimatch" || values.encoder !== "") return one;
  const note = `${one.note}; no dropped features, as ${model} has no encoder apart`;
  return { ...one, options: [...(one.options ?? []), "featureDropout=0"], note };
});

/** Trains, or goes on, as far as needed, and scores the test split once. */
async function complete({ key, method, labels, options = [], first }: Contestant, seed: string): Promise<void> {
  const run = folderOf(key, seed);
  const log = `${run}.log`;
  const chosen = options.flatMap((option) => ["--set", `method.${option}`]);
  const share = ["--labels", labels ?? values.labels];
  const from = first !== undefined && existsSync(folderOf(first, seed)) ? ["--first", folderOf(first, seed)] : [];
  if (existsSync(join(run, "plan.json")) || existsSync(join(run, "semi.json")))
    await segkit(log, "semi", "--resume", run);
  else
    await segkit(
      log,
      ...["semi", set, "--method", method, ...chosen, ...share, ...from],
      ...[...common, "--seed", seed, "--run", run],
    );
  requireFinished(run);
  for (const split of ["val", "test"])
    await segkit(log, "eval", run, set, "--split", split, "--json", join(run, `${split}.json`));
  outcomes.add(outcomeOf(run, { key, seed, options: [...options] }));
}

const seeds = values.seeds.split(",");
const wanted = values.only?.split(",");
const chosen = contestants.filter(({ key }) => wanted?.includes(key) ?? true);

/** A run that fails is told of at once and leaves the others, and the table of what is finished, alone. */
function told(error: unknown): void {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
}

/** Seed after seed, so that a part of the work is a whole table. What a run starts from is waited for. */
async function completeAll(data: string): Promise<void> {
  await shrunk(data, height, width, set);
  const jobs = seeds.flatMap((seed) => inOrderOfWork(chosen).map((contestant) => ({ contestant, seed })));
  const begun = new Map<string, Promise<void>>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job; job = jobs[next++]) {
      const { contestant, seed } = job;
      if (outcomes.of(contestant).some((outcome) => outcome.seed === seed)) continue;
      const before = contestant.first === undefined ? undefined : begun.get(folderOf(contestant.first, seed));
      process.stdout.write(`${new Date().toISOString()} ${contestant.title}, seed ${seed}\n`);
      const run = Promise.resolve(before).then(() => complete(contestant, seed));
      begun.set(folderOf(contestant.key, seed), run);
      await run.catch(told);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, work));
}

if (!values.done) await completeAll(data);
const rows = contestants
  .map((contestant) => ({ contestant, outcomes: outcomes.of(contestant) }))
  .filter((row) => row.outcomes.length > 0);
const done = [...new Set(rows.flatMap((row) => row.outcomes.map(({ seed }) => seed)))].sort();
const command = Object.entries({ ...settings, parallel: values.parallel, seeds: done.join(",") })
  .filter(([name, value]) => name !== "data" && value !== "")
  .map(([name, value]) => `--${name} ${value.includes(" ") ? `"${value}"` : value}`);
const text = `# Few labels on ${settings.data}

${labels} of the training labels, the other training images without theirs; ${encoder === "" ? model : `${model} over ${encoder}`} from random weights, ${steps} optimizer steps of
batch ${batch} and ${unlabelled} unlabelled images beside it at ${size} for every method (methods in rounds share them out), AdamW at ${lr} with poly decay, average of the weights 0.98, class
weights 1/ln(1.02 + p)${values.with === "" ? "" : `, ${values.with}`}; seeds ${done.join(", ")}: another subset of labels, start and order each. Mean and standard deviation in
percent; the weights are the best on validation, the test split was scored once; beside it the difference to labels alone with the same seeds. Rare: mean IoU of the ${rareClasses} classes with the fewest
pixels. Minutes are those of training on ${threads} thread${threads === 1 ? "" : "s"}; memory is the largest of any run.

    npm run few-labels -- ${settings.data} ${command.join(" ")}

${table(rows)}
${notes(rows)}
![Validation mIoU over steps](${basename(values.out)}.svg)
`;
writeFileAtomic(`${values.out}.md`, text);
writeFileAtomic(`${values.out}.svg`, picture(rows));
process.stdout.write(text);
