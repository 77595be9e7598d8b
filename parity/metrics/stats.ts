/** @file Parity of metrics/smp_stats and smp/metrics: true and false positives and negatives, and their scores. */
import {
  type StatCounts,
  type StatOptions,
  type StatReduction,
  type StatScore,
  statCounts,
  statScore,
  statScoreEach,
  statScoreNames,
} from "../../src/metrics/index.js";
import { type Check, checkCase, type FixtureNumber, type ParityCase } from "../case.js";
import { bytes, float32Tolerance, noteUncompared, uniform, words } from "./read.js";

interface GetStats {
  mode: "binary" | "multiclass" | "multilabel";
  num_classes?: number;
  ignore_index?: number;
  threshold?: number;
}

type StoredScores = Record<string, Record<string, FixtureNumber | FixtureNumber[][]>>;

interface StatCase {
  name: string;
  get_stats: GetStats;
  tp: number[][];
  fp: number[][];
  fn: number[][];
  tn: number[][];
  scores: StoredScores;
}

function optionsOf(stored: GetStats, shape: readonly number[]): StatOptions {
  const ignore = stored.ignore_index === undefined ? {} : { ignoreIndex: stored.ignore_index };
  if (stored.mode === "multiclass") return { task: "multiclass", shape, numClasses: stored.num_classes!, ...ignore };
  const threshold = stored.threshold === undefined ? {} : { threshold: stored.threshold };
  return { task: stored.mode, shape, ...threshold, ...ignore };
}

/** `f1_score` and `negative_predictive_value` in our spelling: `f1`, `negativePredictiveValue`. */
function scoreName(name: string): StatScore | undefined {
  const camel = name.replace(/_score$/, "").replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return statScoreNames.find((candidate) => candidate === camel);
}

const storedCounts = ({ tp, fp, fn, tn }: StatCase): StatCounts => ({
  numImages: tp.length,
  numClasses: tp[0]!.length,
  tp: Float64Array.from(tp.flat()),
  fp: Float64Array.from(fp.flat()),
  fn: Float64Array.from(fn.flat()),
  tn: Float64Array.from(tn.flat()),
  ignored: 0,
  truthOutOfRange: 0,
  predictionOutOfRange: 0,
});

function checkCounts(check: Check, counts: StatCounts, stored: StatCase): void {
  check.equal("shape", [counts.numImages, counts.numClasses], [stored.tp.length, stored.tp[0]!.length]);
  for (const key of ["tp", "fp", "fn", "tn"] as const) check.equal(key, [...counts[key]], stored[key].flat());
}

/** Score keys are `<reduction>` or `<reduction>,zd<zero_division>`. */
function checkScores(check: Check, counts: StatCounts, scores: StoredScores, beta: number, weights: number[]): void {
  for (const [name, values] of Object.entries(scores)) {
    const score = scoreName(name);
    if (!score) {
      check.note(`not compared: ${name}`);
      continue;
    }
    for (const [key, expected] of Object.entries(values)) {
      const [reduction, division = "zd0"] = key.split(",");
      const options = { zeroDivision: Number(division.slice(2)), beta: name === "fbeta_score" ? beta : 1 };
      if (Array.isArray(expected))
        check.numbers(`${name}.${key}`, statScoreEach(counts, score, options), expected.flat());
      else {
        const chosen = { reduction, classWeights: weights, ...options } as StatReduction;
        check.number(`${name}.${key}`, statScore(counts, score, chosen), expected);
      }
    }
  }
}

interface StoredBatch extends StatCase {
  shape: number[];
  target: string;
  class_weights: number[];
  output?: string;
  output_u16?: string;
}

const statsKeys = "name note get_stats shape target class_weights tp fp fn tn scores output output_u16";

function* smpStats(json: unknown): Iterable<ParityCase> {
  for (const stored of (json as { cases: StoredBatch[] }).cases)
    yield checkCase(stored.name, float32Tolerance, (check) => {
      const output = stored.output
        ? bytes(stored.output)
        : Float32Array.from(words(stored.output_u16!), (word) => word / 65536);
      const counts = statCounts(output, bytes(stored.target), optionsOf(stored.get_stats, stored.shape));
      checkCounts(check, counts, stored);
      checkScores(check, counts, stored.scores, 0.5, stored.class_weights);
      noteUncompared(check, stored, statsKeys.split(" "));
    });
}

/** Logits `[N, C, pixels]` as the fixture makes them: `float32(2u - 1) * 3` in float32. */
function logits(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.fround(2 * uniform("logits", i) - 1) * 3);
}

function argmax(values: Float32Array, numImages: number, numClasses: number, pixels: number): Uint8Array {
  return Uint8Array.from({ length: numImages * pixels }, (_, i) => {
    const start = Math.floor(i / pixels) * numClasses * pixels + (i % pixels);
    let best = 0;
    for (let c = 1; c < numClasses; c++) if (values[start + c * pixels]! > values[start + best * pixels]!) best = c;
    return best;
  });
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** The counts from the hashed logits and targets; sizes follow from the stored counts. */
function countsFromHash(stored: StatCase, pixels: number): StatCounts {
  const { mode, ignore_index: ignoreIndex } = stored.get_stats;
  const [numImages, numClasses] = [stored.tp.length, stored.tp[0]!.length];
  const values = logits(numImages * numClasses * pixels);
  const target = (count: number, labels: number): number[] =>
    Array.from({ length: count }, (_, i) =>
      ignoreIndex !== undefined && i % 17 === 16 ? ignoreIndex : Math.floor(uniform("target", i) * labels),
    );
  if (mode !== "multiclass") {
    const shape = [numImages, numClasses, pixels];
    return statCounts(values.map(sigmoid), target(values.length, 2), optionsOf(stored.get_stats, shape));
  }
  // The case with "gap" in its name has class 3 replaced by 1, in prediction and target.
  const close = (label: number): number => (stored.name.includes("gap") && label === 3 ? 1 : label);
  const prediction = argmax(values, numImages, numClasses, pixels).map(close);
  const truth = target(prediction.length, numClasses).map(close);
  return statCounts(prediction, truth, optionsOf(stored.get_stats, [numImages, pixels]));
}

/** Without class weights in the file, those of its notes; other class counts weigh 1 each. */
const notedWeights = [1, 2, 0.5, 1, 3];

function* smpMetrics(json: unknown): Iterable<ParityCase> {
  const { cases } = json as { cases: StatCase[] };
  // A case without ignored elements shows how many there are per map.
  const whole = cases.find(({ get_stats }) => get_stats.ignore_index === undefined);
  const pixels = whole ? whole.tp[0]![0]! + whole.fp[0]![0]! + whole.fn[0]![0]! + whole.tn[0]![0]! : 0;
  for (const stored of cases)
    yield checkCase(stored.name, float32Tolerance, (check) => {
      const counts = storedCounts(stored);
      const weights = counts.numClasses === notedWeights.length ? notedWeights : new Array(counts.numClasses).fill(1);
      checkCounts(check, countsFromHash(stored, pixels), stored);
      checkScores(check, counts, stored.scores, 2, weights);
      noteUncompared(check, stored, "name note get_stats tp fp fn tn scores".split(" "));
    });
}

export const statFixtures = { "metrics/smp_stats": smpStats, "smp/metrics": smpMetrics };
