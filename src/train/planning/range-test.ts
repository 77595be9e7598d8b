/**
 * @file The learning rate range test: the rate grows from step to step until the loss runs away, and the losses on the way say
 * which rates work (L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../../errors/index.js";
import { writeFileAtomic } from "../../util/files.js";

/** Lowest and highest rate. */
export const testedRates = [1e-6, 1] as const;

/** Factor between the rates of two steps, so that `steps` of them go from the lowest to the highest. */
export const rateFactor = (steps: number): number => (testedRates[1] / testedRates[0]) ** (1 / Math.max(1, steps - 1));

/** Loss of the step that was taken with a rate; null where it was no number. */
export interface RatePoint {
  readonly learningRate: number;
  readonly loss: number | null;
  /** Mean of the losses so far, the latest weighing most. */
  readonly smoothed: number | null;
}

export interface RangeTest {
  readonly version: 1;
  readonly seed: number;
  readonly points: readonly RatePoint[];
  /** Where the smoothed loss falls fastest by the logarithm of the rate; null where it never falls. */
  readonly steepest: number | null;
  /** First rate at which the loss has run away; null where it has not. */
  readonly divergence: number | null;
  readonly learningRate: number | null;
  readonly reason: string;
}

/** Weight of the mean so far against the next loss. */
const inertia = 0.85;

/** Exponential moving average, freed of the bias towards its start at 0: `m_i = inertia m_(i-1) + (1 - inertia) l_i`, over `1 - inertia^i`. */
export function smooth(losses: readonly number[]): number[] {
  let mean = 0;
  return losses.map((loss, i) => {
    mean = inertia * mean + (1 - inertia) * loss;
    return mean / (1 - inertia ** (i + 1));
  });
}

/** Steps to each side that a slope is measured over. */
const reach = 3;
/** Share of its fall from the first value by which the smoothed loss has to rise again to count as run away. */
const risen = 0.5;

/** Index of the first smoothed loss that has run away, or the number of losses. */
function divergenceOf(smoothed: readonly number[]): number {
  const first = smoothed[0]!;
  let lowest = first;
  for (const [i, value] of smoothed.entries()) {
    lowest = Math.min(lowest, value);
    // A loss that has hardly fallen yet wavers: some of its size is the least that counts.
    if (value > lowest + Math.max(risen * (first - lowest), 0.1 * Math.abs(first))) return i;
  }
  return smoothed.length;
}

/** Index of the steepest descent before `end`; undefined where nothing falls. */
function steepestOf(smoothed: readonly number[], end: number): number | undefined {
  let [best, slope] = [-1, 0];
  for (let i = reach; i + reach < end; i++) {
    const here = (smoothed[i + reach]! - smoothed[i - reach]!) / (2 * reach);
    if (here < slope) [best, slope] = [i, here];
  }
  return best < 0 ? undefined : best;
}

const rounded = (rate: number): number => Number(rate.toPrecision(2));

/**
 * What the losses at growing rates say: the rate of the steepest descent, but no more than a tenth of the rate at which the loss
 * runs away.
 *
 * @param rates in equal steps of their logarithm
 * @param losses one for each rate; a loss that is no number ends the test
 */
export function judgeRates(rates: readonly number[], losses: readonly number[], seed: number): RangeTest {
  const broken = losses.findIndex((loss) => !Number.isFinite(loss));
  const sound = broken < 0 ? losses : losses.slice(0, broken);
  const smoothed = smooth(sound);
  const end = sound.length > 0 ? divergenceOf(smoothed) : 0;
  const index = steepestOf(smoothed, end);
  const steepest = index === undefined ? null : rates[index]!;
  const divergence = end < rates.length ? rates[end]! : null;
  const bound = (divergence ?? Number.POSITIVE_INFINITY) / 10;
  const tested = { version: 1, seed, points: pointsOf(rates, sound, smoothed), steepest, divergence } as const;
  if (steepest === null) return { ...tested, learningRate: null, reason: "the loss fell at no rate of the range test" };
  const steps = `range test of ${rates.length} steps`;
  if (bound < steepest)
    return {
      ...tested,
      learningRate: rounded(bound),
      reason: `a tenth of ${rounded(divergence!)}, where the loss ran away in a ${steps}`,
    };
  const limit = divergence === null ? "it never ran away" : `it ran away at ${rounded(divergence)}`;
  return { ...tested, learningRate: rounded(steepest), reason: `the loss fell fastest there in a ${steps}; ${limit}` };
}

const pointsOf = (rates: readonly number[], losses: readonly number[], smoothed: readonly number[]): RatePoint[] =>
  rates
    .slice(0, losses.length + 1)
    .map((learningRate, i) => ({ learningRate, loss: losses[i] ?? null, smoothed: smoothed[i] ?? null }));

export const rangeTestFile = (runDir: string): string => join(runDir, "range-test.json");

/** Writes the curve into a run folder. @throws FileError */
export function writeRangeTest(runDir: string, test: RangeTest): void {
  writeFileAtomic(rangeTestFile(runDir), `${JSON.stringify(test, null, 2)}\n`);
}

/** The curve of a run folder; undefined where its rate was not tested. @throws CheckpointError when the file is damaged. */
export function readRangeTest(runDir: string): RangeTest | undefined {
  const file = rangeTestFile(runDir);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RangeTest;
  } catch (cause) {
    const found = `${file} is damaged (${(cause as Error).message})`;
    throw new CheckpointError(
      { expected: "JSON", found, next: "Remove the file; training does not need it." },
      { cause },
    );
  }
}
