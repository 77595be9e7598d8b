/** @file `segkit runs` and `segkit runs diff`: all runs of a folder, and two of them side by side. */
import type { Command } from "commander";
import { UsageError } from "../../errors/index.js";
import { compareRuns, listRuns, type RunList } from "../../verbs/runs.js";
import { parseWhole } from "../arguments.js";
import { note, print, putJson } from "../output.js";
import { comparisonText, runListText } from "../runs-text.js";

interface ListArguments {
  readonly filter?: readonly string[];
  readonly sort?: string;
  readonly reverse?: boolean;
  readonly columns?: readonly string[];
  readonly csv?: string;
  readonly html?: string;
  readonly rebuild?: boolean;
  readonly json?: true | string;
}

interface DiffArguments {
  readonly dir: string;
  readonly split?: string;
  readonly seed?: number;
}

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];
const parseNames = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** What `--json` prints: every field of every listed run. */
const listJson = ({ folder, database, runs, total }: RunList) => ({
  version: 1,
  folder,
  database,
  total,
  runs: runs.map(({ fields }) => Object.fromEntries(fields)),
});

async function runRuns(folder: string, given: ListArguments): Promise<void> {
  const { filter, json, ...options } = given;
  const list = await listRuns({ folder, ...(filter ? { filters: filter } : {}), ...options });
  for (const text of list.notes) note(text);
  if (json !== true) print(runListText(list));
  if (json !== undefined) putJson(json, listJson(list));
  if (list.runs.length < list.total) note(`${list.runs.length} of ${list.total} runs`);
  for (const file of [options.csv, options.html]) if (file !== undefined) note(`written: ${file}`);
}

function runDiff(first: string, second: string, given: DiffArguments, command: Command): void {
  // Commander hands options that `runs` has too to it, wherever they stand.
  const { json, ...ofLists } = command.parent!.opts<ListArguments>();
  const [stray] = Object.keys(ofLists);
  if (stray !== undefined)
    throw new UsageError({
      expected: "--dir, --split, --seed or --json",
      found: `--${stray} with segkit runs diff`,
      next: "It belongs to segkit runs.",
    });
  const { dir, ...options } = given;
  const comparison = compareRuns({ first, second, folder: dir, ...options });
  for (const text of comparison.notes) note(text);
  if (json !== true) print(comparisonText(comparison));
  if (json !== undefined) putJson(json, { version: 1, ...comparison });
}

export function addRuns(root: Command): void {
  const runs = root
    .command("runs")
    .description("list, filter and compare runs")
    .argument("[dir]", "folder with run folders", "runs")
    .option(
      "--filter <test>",
      "only runs with FIELD=VALUE, !=, <, <=, > or >=; repeatable; * in a VALUE is anything",
      collect,
    )
    .option("--sort <field>", "sort by a field, scores from the best (default: when they began)")
    .option("--reverse", "the other way round")
    .option("--columns <fields>", "fields to show, separated by commas", parseNames)
    .option("--csv <file>", "write the columns as CSV")
    .option("--html <file>", "write a page with the curves of the listed runs over one another")
    .option("--rebuild", "make the database DIR/segkit.db anew from the run folders")
    .option("--json [file]", "print all fields as JSON, or write them into a file")
    .addHelpText(
      "after",
      `
Fields: name, status, model, method, data, steps, epochs, minutes, val (best mIoU while training), test (mIoU of segkit eval),
SPLIT.mIoU, SPLIT.PA, SPLIT.IoU.CLASS, started, segkit, commit, machine, dataHash, and every choice of the plan: learningRate, loss,
optimizer.weightDecay, data.options.fold.index, method.options.portion. The end of a name will do: encoder means modelOptions.encoder.
Runs in rounds and folders of folds are one run each: round (the one that was kept), folds, folds.mean.mIoU, folds.spread.mIoU,
folds.pooled.mIoU (out of fold).

Examples:
  segkit runs
  segkit runs --filter model=unet --filter 'val>0.5' --sort test
  segkit runs runs/sweep --columns name,learningRate,encoder,val,test --csv sweep.csv
  segkit runs --filter 'name=semi-*' --html curves.html
  segkit runs --filter 'name!=*/folds/*' --filter method=self-training --columns name,portion,val
  segkit runs diff baseline semi --split test
`,
    )
    .action(runRuns);
  runs
    .command("diff")
    .description("compare two runs: choices, facts, and the difference of their scores on the same images")
    .argument("<a>", "run folder, or name of a run in --dir")
    .argument("<b>", "the other one")
    .option("--dir <dir>", "folder with run folders", "runs")
    .option("--split <name>", "split, or DATA/SPLIT, that both were evaluated on (default: test, else val)")
    .option("--seed <n>", "seed of the bootstrap", parseWhole(0))
    .option("--json [file]", "print JSON, or write it into a file")
    .addHelpText(
      "after",
      `
Scores are those that the report at the end of training and segkit eval left in the run folders. The interval holds the middle
95 % of the differences over 2000 draws of the images with replacement, the same images for both runs.

Examples:
  segkit runs diff runs/baseline runs/semi
  segkit runs diff baseline semi --split val --json
  segkit runs diff runs/folds runs/baseline --split test
`,
    )
    .action(runDiff);
}
