/**
 * @file `npm run side-by-side -- DATA [--steps N] [--size HxW] [--batch N] [--lr X] [--runs DIR] [--out FILE] [--only NAMES]`: trains one
 * network after the other with the same data, schedule and number of steps, and writes test scores, minutes and parameters as a table. A
 * run that is finished is not trained again, one that was interrupted goes on, so the command may be stopped and repeated.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { networkFacts } from "../src/models/describe.js";
import { chooseNetwork } from "../src/models/registry.js";
import { readPlan } from "../src/train/plan.js";
import { writeFileAtomic } from "../src/util/files.js";

interface Contestant {
  readonly name: string;
  readonly model: string;
  readonly options?: { readonly [name: string]: string | number };
}

/** The founding networks, those with an encoder over the same one, and the patch-wise baseline. */
const contestants: readonly Contestant[] = [
  { name: "U-Net, ResNet-18", model: "unet-encoder", options: { encoder: "resnet18" } },
  { name: "PSPNet, ResNet-18", model: "pspnet", options: { encoder: "resnet18" } },
  { name: "DeepLab v3, ResNet-18", model: "deeplabv3", options: { encoder: "resnet18" } },
  { name: "SegNet-Basic", model: "segnet-basic" },
  // The small factors of the finer maps are for features of ImageNet, a hundred times larger than those from random weights.
  {
    name: "FCN-8s, VGG-16 of half width",
    model: "fcn8s",
    options: { width: 32, fcChannels: 512, training: "staged" },
  },
  { name: "LinkNet, ResNet-18", model: "linknet" },
  { name: "ERFNet", model: "erfnet" },
  { name: "FC-DenseNet56", model: "fc-densenet", options: { variant: 56 } },
  { name: "ENet", model: "enet" },
  { name: "patch-wise CNN", model: "patch-cnn" },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "500" },
    size: { type: "string", default: "176x240" },
    batch: { type: "string", default: "4" },
    lr: { type: "string", default: "0.0005" },
    runs: { type: "string", default: "runs/side-by-side" },
    out: { type: "string", default: "results/side-by-side.md" },
    only: { type: "string" },
  },
});
const [data] = positionals;
if (data === undefined) {
  process.stderr.write(
    "usage: npm run side-by-side -- DATA [--steps N] [--size HxW] [--batch N] [--lr X] [--runs DIR] [--out FILE]\n",
  );
  process.exit(2);
}

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const segkit = (...args: string[]): void => {
  const { status } = spawnSync(process.execPath, ["--import", "tsx", main, ...args], { stdio: "inherit" });
  if (status !== 0) stop(`segkit ${args.join(" ")} ended with ${status}`);
};

function stop(why: string): never {
  process.stderr.write(`${why}\nThe same command again goes on from here.\n`);
  process.exit(1);
}

interface Row {
  readonly name: string;
  readonly parameters: number;
  readonly minutes: number;
  readonly meanIou: number;
  readonly pixelAccuracy: number;
}

const schedule = [
  "--optimizer",
  "adam",
  "--set",
  "optimizer.weightDecay=0.0002",
  "--lr",
  values.lr,
  "--schedule",
  "poly",
];
const common = [
  "--weights-of-classes",
  "enet",
  "--flip",
  "horizontal",
  "--scale",
  "1,1",
  "--color",
  "0",
  "--ema",
  "0",
  "--seed",
  "1",
];

/** Steps that are timed, after two that make the engine ready. */
const timed = 6;

/** Median seconds of a step, from a short training of its own, as the long one may have been stopped or shared the machine. */
function secondsOfStep(settings: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), "side-by-side-"));
  const length = ["--steps", String(2 + timed), "--validate-every", "1000", "--json", "--run", join(folder, "run")];
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", main, "train", data!, ...settings, ...length], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  rmSync(folder, { recursive: true, force: true });
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { kind: string; milliseconds?: number });
  const times = events.filter(({ kind }) => kind === "step").map(({ milliseconds }) => milliseconds!);
  // How it ends does not count: after so few steps the scores of classes are nearly equal, which the check of the export refuses.
  if (times.length < timed) stop("the steps could not be timed");
  const sorted = times.slice(-timed).sort((a, b) => a - b);
  return sorted[timed >> 1]! / 1000;
}

/** Trains, or goes on, as far as needed, and scores the test split. */
function rowOf({ name, model, options = {} }: Contestant): Row {
  const run = join(values.runs, name.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
  const scores = join(run, "test.json");
  const own = Object.entries(options).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const sizes = ["--size", values.size, "--batch", values.batch];
  const settings = ["--model", model, ...own, ...sizes, ...schedule, ...common];
  if (!existsSync(join(run, "model.onnx"))) {
    if (existsSync(join(run, "plan.json"))) segkit("train", "--resume", run);
    else segkit("train", data!, ...settings, "--steps", values.steps, "--run", run);
    // A run that is told to stop ends well, but early.
    if (!existsSync(join(run, "model.onnx"))) stop(`${name} was stopped before its end`);
  }
  if (!existsSync(scores)) segkit("eval", run, data!, "--split", "test", "--size", "360x480", "--json", scores);
  const time = join(run, "time.json");
  if (!existsSync(time)) writeFileAtomic(time, `${JSON.stringify({ secondsOfStep: secondsOfStep(settings) })}\n`);
  const { secondsOfStep: seconds } = JSON.parse(readFileSync(time, "utf8")) as { secondsOfStep: number };
  const { meanIou, pixelAccuracy } = (
    JSON.parse(readFileSync(scores, "utf8")) as { scores: { meanIou: number; pixelAccuracy: number } }
  ).scores;
  const plan = readPlan(run);
  const { architecture, options: whole } = chooseNetwork(model, plan.modelOptions.value);
  const numClasses = plan.data.classes.length;
  const { parameters } = networkFacts((scope, image) => architecture.build(scope, image, numClasses, whole).logits, {
    size: plan.size.value,
  });
  return { name, parameters, minutes: (seconds * Number(values.steps)) / 60, meanIou, pixelAccuracy };
}

mkdirSync(values.runs, { recursive: true });
const wanted = values.only?.split(",");
const rows = contestants.filter(({ model }) => wanted?.includes(model) ?? true).map(rowOf);
rows.sort((a, b) => b.meanIou - a.meanIou);
const text = `# Side by side on ${basename(data)}

The same data, schedule and number of steps for every network, all from random weights: ${values.steps} steps of batch ${values.batch} at ${values.size}, Adam at
${values.lr} with poly decay and weight decay 2e-4, class weights 1/ln(1.02 + p), horizontal flips, seed 1, the best weights on
validation; scores on the test split at 360x480, void left out. Minutes are of the steps alone, from the median of a few timed by themselves on two CPU cores. So few steps
tell which network learns fast, not which is best in the end.

    npm run side-by-side -- ${basename(data)} --steps ${values.steps} --size ${values.size} --batch ${values.batch} --lr ${values.lr}

| network | parameters | minutes | test mIoU | pixel accuracy |
| --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row.name} | ${(row.parameters / 1e6).toFixed(2)} M | ${row.minutes.toFixed(1)} | ${row.meanIou.toFixed(4)} | ${row.pixelAccuracy.toFixed(4)} |`).join("\n")}
`;
writeFileAtomic(values.out, text);
process.stdout.write(text);
