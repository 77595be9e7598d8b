/** @file Running the range test: the first steps of the planned run, but for a rate that grows from each to the next. */
import type { Plan } from "../plan.js";
import { judgeRates, runawayOf } from "./judge-rates.js";
import { type RangeTest, rateFactor, testedRates } from "./range-test.js";
import { type TrialFailure, type TrialOptions, tryPlan } from "./trial.js";

/** Steps of a range test: as many as are done in a short time, between two bounds. */
const [usualSteps, mostSteps] = [40, 100];
/** Steps with less of which the losses of single batches decide what is found. */
export const fewestSteps = 30;
/** Milliseconds that a range test should take, as far as that is enough for the usual steps. */
const shortTest = 45_000;
/** Share of the time left that may be planned with: steps vary. */
const certain = 0.85;

/** Length of a range test. */
export interface TestLength {
  /** 0 where there is no time for a test. */
  readonly steps: number;
  /** Whether there would be more of them if there were more time. */
  readonly cut: boolean;
}

/**
 * @param milliseconds of a step
 * @param left milliseconds there are for all of them
 */
export function lengthOfTest(milliseconds: number, left: number): TestLength {
  const each = Math.max(1, milliseconds);
  const wanted = Math.max(usualSteps, Math.min(mostSteps, Math.floor(shortTest / each)));
  const possible = Math.floor((certain * left) / each);
  if (!(possible >= fewestSteps)) return { steps: 0, cut: true };
  return { steps: Math.min(wanted, possible), cut: possible < wanted };
}

/** Share of a batch's time that a test of its labelled images takes, as far as images tell. */
export function labelledPart({ batch, method }: Plan): number {
  const unlabelled = method.value ? method.value.batch * (1 + method.value.strong.length) : 0;
  return batch.value / (batch.value + unlabelled);
}

/**
 * The plan of a test. One batch an update: what the rate does shows in any, and several take as many times as long. Labelled images
 * only: a method for unlabelled ones begins to work where the range test ends, with a network that knows something.
 */
function testPlan(plan: Plan, steps: number): Plan {
  const choice = <T>(value: T) => ({ value, reason: "range test" });
  return {
    ...plan,
    learningRate: choice(testedRates[0]),
    schedule: choice({ name: "exponential", gamma: rateFactor(steps) }),
    accumulate: choice(1),
    method: choice(null),
    ema: choice(0),
  };
}

export interface RateFinding {
  readonly test: RangeTest;
  /** Milliseconds of each step. */
  readonly times: readonly number[];
}

export interface RateOptions extends Pick<TrialOptions, "givenUpAfter" | "signal"> {
  /** Told how many steps are done. */
  readonly onStep?: (done: number) => void;
}

/**
 * Tests rates with the loader, batch, network and starting weights of a plan, until the loss runs away; the same plan gives the
 * same curve for the same number of steps.
 *
 * @returns why there is none, where memory or time ran out
 * @throws What the plan's run would throw.
 */
export async function findRate(
  plan: Plan,
  steps: number,
  { onStep, ...options }: RateOptions,
): Promise<RateFinding | TrialFailure> {
  const trial = await tryPlan(testPlan(plan, steps), {
    ...options,
    updates: steps,
    isEnough: (done) => {
      onStep?.(done.length);
      const losses = done.map(({ loss }) => loss);
      return losses.length === steps || runawayOf(losses, steps) < losses.length;
    },
  });
  if (typeof trial === "string") return trial;
  const rates = Array.from({ length: steps }, (_, i) => testedRates[0] * rateFactor(steps) ** i);
  const losses = trial.steps.map(({ loss }) => loss);
  return {
    test: judgeRates(rates, losses, plan.seed.value),
    times: trial.steps.map(({ milliseconds }) => milliseconds),
  };
}
