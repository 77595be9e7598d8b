/**
 * @file The demo behind `npm start`: makes aerial scenes, scores colour alone, trains a network, scores it on scenes it has
 * never seen, and says where to look.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Dataset, openDataset } from "../data/dataset.js";
import { loadSample } from "../data/load.js";
import { SegkitError } from "../errors/index.js";
import { ConfusionMatrix, meanIou } from "../metrics/index.js";
import { aerialRecipe, makeAerialSet } from "./aerial/data-set.js";
import { type ColourBaseline, colourBaseline } from "./colour-baseline.js";
import { type DemoOptions, parseDemoOptions, usage } from "./options.js";
import { comparison, type Outcome, writeMasks, writeResultPicture, writeScores } from "./show.js";
import { type TrainedNetwork, trainNetwork } from "./steps.js";
import { bar, percent, progressLine, say } from "./terminal.js";

const shown = (path: string): string => relative(process.cwd(), resolve(path)) || ".";

async function makeData(folder: string, seed: number): Promise<Dataset> {
  const { size, scenes } = aerialRecipe;
  say(`1. Data: aerial scenes of ${size}x${size} pixels, drawn from seed ${seed}`);
  const line = progressLine();
  const made = await makeAerialSet(folder, { ...aerialRecipe, seed }, (done, of) =>
    line.show(`${bar(done / of)} ${done}/${of}`),
  );
  const counts = Object.entries(scenes).map(([split, count]) => `${count} ${split}`);
  line.end(`${counts.join(", ")} in ${shown(folder)}${made ? "" : " (already there)"}`);
  return openDataset(folder);
}

async function scoreColours({ splits, classes }: Dataset): Promise<ColourBaseline> {
  say("2. Baseline: how far does the colour of a pixel alone go?");
  const { train, val, test } = splits as Required<typeof splits>;
  const baseline = await colourBaseline({ train: train!, val: val!, test: test! }, classes.numClasses);
  say(
    `  mIoU ${percent(meanIou(baseline.test))} % on the test scenes (Bayes' rule, ${baseline.levels} levels a channel)`,
  );
  return baseline;
}

async function train({ path }: Dataset, run: string, options: DemoOptions): Promise<TrainedNetwork> {
  const { minutes, seed, threads } = options;
  say(`3. Training: ${minutes} minutes`);
  const line = progressLine();
  let score = "";
  const network = await trainNetwork(
    { data: path, run, minutes, seed, threads },
    ({ step, fraction, loss, meanIou: iou }) => {
      if (iou !== undefined) score = `, validation mIoU ${percent(iou)} %`;
      line.show(`${bar(fraction)} step ${step}, loss ${loss.toFixed(3)}${score}`);
    },
  );
  line.end();
  return network;
}

async function predictTest({ splits }: Dataset, network: TrainedNetwork): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const entry of splits.test!) {
    const sample = await loadSample(entry);
    outcomes.push({ id: entry.id, sample, prediction: await network.predict(sample.image) });
  }
  return outcomes;
}

/** Predicts, scores and draws the test scenes. */
async function evaluate(
  dataset: Dataset,
  baseline: ColourBaseline,
  network: TrainedNetwork,
  out: string,
): Promise<void> {
  const { classes } = dataset;
  say("4. Test: scenes the network has never seen");
  const outcomes = await predictTest(dataset, network);
  const matrix = new ConfusionMatrix(classes.numClasses, { ignoreIndex: classes.ignoreIndex });
  for (const { sample, prediction } of outcomes) matrix.addMap(sample.mask, prediction);
  const scores = { colour: meanIou(baseline.test), network: meanIou(matrix) };
  await writeMasks(out, outcomes, classes);
  await writeResultPicture(join(out, "result.png"), outcomes, baseline.predict, scores, classes);
  writeScores(join(out, "scores.json"), classes, baseline, matrix);
  say(comparison(classes.names, baseline.test, matrix));
}

async function demo(options: DemoOptions): Promise<void> {
  const started = Date.now();
  const { out } = options;
  mkdirSync(out, { recursive: true });
  const dataset = await makeData(join(out, "aerial"), options.seed);
  const baseline = await scoreColours(dataset);
  if (options.onlyData) return;
  const run = join(out, "run");
  // The run of an earlier start; training never writes over a run by itself.
  rmSync(run, { recursive: true, force: true });
  const network = await train(dataset, run, options);
  try {
    await evaluate(dataset, baseline, network, out);
  } finally {
    await network.close();
  }
  say(`\nDone in ${((Date.now() - started) / 60_000).toFixed(1)} minutes. Where to look:`);
  const places = [
    [join(out, "result.png"), "scenes, truth, colour alone, network"],
    [network.report, "report of the training"],
    [join(out, "overlays"), "predictions over the test scenes"],
    [join(out, "masks"), "the same as masks of class indices"],
    [join(out, "scores.json"), "all scores and counts"],
    [join(out, "aerial"), "the data set"],
  ] as const;
  const width = Math.max(...places.map(([path]) => shown(path).length));
  for (const [path, what] of places) say(`  ${shown(path).padEnd(width)}  ${what}`);
}

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options.help) say(usage);
  else await demo(options);
} catch (error) {
  if (!(error instanceof SegkitError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
