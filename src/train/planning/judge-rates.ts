/**
 * @file What the losses of a range test say: which rate to train with. Batches differ, so single losses waver by some per cent:
 * nothing counts as a fall or a rise that is not several times as large as that.
 */
import { decadesTested, type RangeTest, type RatePoint } from "./range-test.js";

/** Weight of the mean so far against the next loss, where ten steps make the rate ten times as large. */
const inertia = 0.85;

/** Steps in which the rate grows tenfold. */
const stepsOfDecade = (steps: number): number => Math.max(1, steps - 1) / decadesTested;

/** What a mean keeps from one step to the next: less where a step is a larger part of a decade. */
const keptBy = (steps: number): number => inertia ** (10 / stepsOfDecade(steps));

/**
 * Exponential moving average, freed of the bias towards its start at 0: `m_i = k m_(i-1) + (1 - k) l_i`, over `1 - k^i`.
 *
 * @param steps of the whole test, of which `losses` may be the beginning
 */
export function smooth(losses: readonly number[], steps: number): number[] {
  const kept = keptBy(steps);
  let mean = 0;
  return losses.map((loss, i) => {
    mean = kept * mean + (1 - kept) * loss;
    return mean / (1 - kept ** (i + 1));
  });
}

/** The least number of losses that a level or spread is taken from. */
const fewest = 6;
/** Share of the level that the spread is at least: no loss is known better. */
const leastSpread = 0.005;

/** The losses at the lowest rates, which change nothing yet. */
interface Calm {
  /** Mean over the first decade of rates. */
  readonly level: number;
  /** Standard deviation of single losses, over the first two decades. */
  readonly spread: number;
  /** Losses that it needs. */
  readonly steps: number;
  /** Standard deviations of a smoothed loss, and of the difference between one and the level. */
  readonly smoothedSpread: number;
  readonly fallSpread: number;
}

function calmOf(losses: readonly number[], steps: number): Calm {
  const decade = stepsOfDecade(steps);
  const first = losses.slice(0, Math.max(fewest, Math.round(decade)));
  const level = first.reduce((sum, loss) => sum + loss, 0) / Math.max(1, first.length);
  const more = losses.slice(0, Math.max(fewest, Math.round(2 * decade)));
  // From differences of neighbours, so that a slow fall is no spread: they vary twice as much as the losses.
  const squares = more.slice(1).reduce((sum, loss, i) => sum + (loss - more[i]!) ** 2, 0);
  const spread = Math.max(leastSpread * Math.abs(level), Math.sqrt(squares / 2 / Math.max(1, more.length - 1)));
  const kept = keptBy(steps);
  const share = (1 - kept) / (1 + kept);
  return {
    level,
    spread,
    steps: more.length,
    smoothedSpread: spread * Math.sqrt(share),
    fallSpread: spread * Math.sqrt(share + 1 / Math.max(1, first.length)),
  };
}

/** Spreads that a fall or a rise of smoothed losses has to exceed to be one. */
const clearly = 4;
/** Share of its fall by which the smoothed loss has to rise again to have run away. */
const risen = 0.5;
/** Multiple of the level at which a loss has run away that never fell. */
const farAbove = 2;

/** Largest fall of smoothed losses below the level; 0 where they vary no more than batches do. */
function fallOf(smoothed: readonly number[], { level, fallSpread }: Calm): number {
  const fall = level - smoothed.slice(fewest).reduce((low, value) => Math.min(low, value), level);
  return fall > clearly * fallSpread ? fall : 0;
}

/**
 * Index of the first loss that has run away: that is no number, or whose mean with those before has risen clearly, from the lowest
 * by half of the fall, or without one above twice the level. The number of losses where none has. Later losses change nothing.
 *
 * @param steps of the whole test, of which `losses` may be the beginning
 */
export function runawayOf(losses: readonly number[], steps: number): number {
  const broken = losses.findIndex((loss) => !Number.isFinite(loss));
  const sound = broken < 0 ? losses : losses.slice(0, broken);
  const calm = calmOf(sound, steps);
  const smoothed = smooth(sound, steps);
  for (let i = calm.steps; i < smoothed.length; i++) {
    const fall = fallOf(smoothed.slice(0, i), calm);
    const least = clearly * calm.smoothedSpread;
    const most = fall > 0 ? calm.level - fall + Math.max(risen * fall, least) : farAbove * calm.level + least;
    if (smoothed[i]! > most) return i;
  }
  return sound.length;
}

/** Decades to each side that a slope is measured over. */
const reachOfSlope = 0.75;
/** Standard deviations that the steepest slope has to exceed. */
const steepEnough = 2;

/** Index of the steepest descent before `end`, by lines through the losses around each; undefined where none is clear. */
function steepestOf(losses: readonly number[], end: number, steps: number, { spread }: Calm): number | undefined {
  const reach = Math.max(3, Math.round(reachOfSlope * stepsOfDecade(steps)));
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const squares = offsets.reduce((sum, offset) => sum + offset ** 2, 0);
  // The slope of the losses themselves: a mean of those before would put it at later, higher rates.
  let [best, slope] = [-1, (-steepEnough * spread) / Math.sqrt(squares)];
  for (let i = reach; i + reach < end; i++) {
    const here = offsets.reduce((sum, offset) => sum + offset * losses[i + offset]!, 0) / squares;
    if (here < slope) [best, slope] = [i, here];
  }
  return best < 0 ? undefined : best;
}

const rounded = (rate: number): number => Number(rate.toPrecision(2));

/**
 * What the losses at growing rates say: the rate of the steepest descent, but no more than a tenth of the rate at which the loss
 * runs away.
 *
 * @param rates in equal steps of their logarithm, from the lowest to the highest that are tested
 * @param losses one for each rate; fewer where the next one was no number
 */
export function judgeRates(rates: readonly number[], losses: readonly number[], seed: number): RangeTest {
  const steps = rates.length;
  const end = runawayOf(losses, steps);
  const points = pointsOf(rates, losses, end);
  const calm = calmOf(losses.slice(0, end), steps);
  const fell = fallOf(smooth(losses.slice(0, end), steps), calm) > 0;
  const index = fell ? steepestOf(losses, end, steps, calm) : undefined;
  const steepest = index === undefined ? null : rates[index]!;
  const divergence = end < steps ? rates[end]! : null;
  const bound = (divergence ?? Number.POSITIVE_INFINITY) / 10;
  const tested = { version: 1, seed, points, steepest, divergence } as const;
  const test = `range test of ${steps} steps`;
  if (steepest === null) {
    const reason = `at no rate of a ${test} did the loss fall by more than its batches differ`;
    return { ...tested, learningRate: null, reason };
  }
  if (bound < steepest)
    return {
      ...tested,
      learningRate: rounded(bound),
      reason: `a tenth of ${rounded(divergence!)}, where the loss ran away in a ${test}`,
    };
  const limit = divergence === null ? "it never ran away" : `it ran away at ${rounded(divergence)}`;
  return { ...tested, learningRate: rounded(steepest), reason: `the loss fell fastest there in a ${test}; ${limit}` };
}

/** The curve, with the first loss that is no number where there is one. */
function pointsOf(rates: readonly number[], losses: readonly number[], end: number): RatePoint[] {
  const smoothed = smooth(losses, rates.length);
  const finite = (value: number | undefined): number | null => (Number.isFinite(value) ? value! : null);
  const broken = end === losses.length || !Number.isFinite(losses[end]);
  return rates
    .slice(0, broken ? end + 1 : losses.length)
    .map((learningRate, i) => ({ learningRate, loss: finite(losses[i]), smoothed: finite(smoothed[i]) }));
}
