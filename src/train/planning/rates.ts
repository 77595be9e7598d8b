/** @file Running the range test: the first steps of the planned run, but for a rate that grows from each to the next. */
import type { Plan } from "../plan.js";
import { judgeRates } from "./judge-rates.js";
import { type RangeTest, rateFactor, testedRates } from "./range-test.js";
import { type TrialOptions, tryPlan } from "./trial.js";

/** Steps of a range test: fewer where they are slow. */
const [fewestSteps, mostSteps] = [40, 100];
/** Milliseconds that a range test should take at most, as far as that leaves enough steps. */
const longestTest = 45_000;

/** Steps that a test has when each takes so many milliseconds. */
export const stepsOfTest = (milliseconds: number): number =>
  Math.max(fewestSteps, Math.min(mostSteps, Math.floor(longestTest / Math.max(1, milliseconds))));

/**
 * The plan of a test. Labelled images only: a method for unlabelled ones begins to work where the range test ends, with a
 * network that knows something.
 */
function testPlan(plan: Plan, steps: number): Plan {
  const choice = <T>(value: T) => ({ value, reason: "range test" });
  return {
    ...plan,
    learningRate: choice(testedRates[0]),
    schedule: choice({ name: "exponential", gamma: rateFactor(steps) }),
    method: choice(null),
    ema: choice(0),
  };
}

export interface RateFinding {
  readonly test: RangeTest;
  /** Milliseconds of each step. */
  readonly times: readonly number[];
}

/**
 * Tests rates with the loader, batch, network and starting weights of a plan; the same plan gives the same curve.
 *
 * @returns undefined where memory ran out
 * @throws What the plan's run would throw.
 */
export async function findRate(
  plan: Plan,
  steps: number,
  options: Omit<TrialOptions, "updates">,
): Promise<RateFinding | undefined> {
  const trial = await tryPlan(testPlan(plan, steps), { ...options, updates: steps });
  if (!trial) return undefined;
  const rates = Array.from({ length: steps }, (_, i) => testedRates[0] * rateFactor(steps) ** i);
  const losses = trial.steps.map(({ loss }) => loss);
  return {
    test: judgeRates(rates, losses, plan.seed.value),
    times: trial.steps.map(({ milliseconds }) => milliseconds),
  };
}
