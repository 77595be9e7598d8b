/**
 * @file The automatic plan: input size, batch, accumulation and learning rate by measurement instead of by rule of thumb. What
 * the user gave stands.
 */
import type { Dataset } from "../../data/dataset.js";
import type { Survey } from "../../data/doctor/survey.js";
import { type DeriveContext, derivePlan } from "../derive.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { type Budget, budgetFor } from "./budget.js";
import { Costs, keptBytes, typicalTime } from "./costs.js";
import { memoryLimit } from "./memory.js";
import type { RangeTest } from "./range-test.js";
import { findRate, labelledPart, lengthOfTest, type RateFinding } from "./rates.js";
import { lengthReason, rateReason, stepReasons } from "./reasons.js";
import { type PlanningEvent, type SettledSteps, settleSteps } from "./settle.js";
import type { TrialFailure } from "./trial.js";

export interface AutoOptions {
  readonly dataset: Dataset;
  readonly survey: Survey;
  readonly request: PlanRequest;
  readonly context: DeriveContext;
  /** Whether steps must have room for sums of gradients even where the run itself makes none. */
  readonly roomForSums: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface AutoPlan {
  readonly plan: Plan;
  /** Absent where the rate was given, or not tested to the end. */
  readonly rangeTest?: RangeTest;
}

/** Shares of planning's time for trials of steps, where rates are tested too and where they are not. */
const [trialShare, trialShareAlone] = [0.6, 0.85];
/** Milliseconds between two reports of a range test. */
const reportInterval = 250;

/** Runs the range test of a plan, reporting now and then. */
async function* testRates(
  plan: Plan,
  steps: number,
  budget: Budget,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlanningEvent, RateFinding | TrialFailure, void> {
  let [done, reported] = [0, -1];
  let ended = false;
  const onStep = (count: number): void => {
    done = count;
  };
  const options = { onStep, givenUpAfter: budget.left, ...(signal ? { signal } : {}) };
  const work = findRate(plan, steps, options).finally(() => {
    ended = true;
  });
  // Whoever leaves the loop early does not wait for the end of it.
  work.catch(() => {});
  while (!ended) {
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, reportInterval))]);
    if (done === reported) continue;
    reported = done;
    yield { kind: "planning", stage: "learning rate", text: "range test", done, total: steps };
  }
  return work;
}

/** Tests rates if there is time, and takes what is found in place of the usual rate; milliseconds of its steps, if it had any. */
async function* withRate(
  plan: Plan,
  { cost }: SettledSteps,
  { budget, overhead }: Costs,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlanningEvent, AutoPlan & { readonly milliseconds?: number }, void> {
  const pace = cost.milliseconds * labelledPart(plan);
  const length = lengthOfTest(pace, budget.left - overhead);
  const found = length.steps > 0 ? yield* testRates(plan, length.steps, budget, signal) : undefined;
  const reason = rateReason(plan.learningRate.reason, found, { length, pace, planning: budget.text });
  if (found === undefined || typeof found === "string")
    return { plan: { ...plan, learningRate: { ...plan.learningRate, reason } } };
  const value = found.test.learningRate ?? plan.learningRate.value;
  const steps = found.times.map((milliseconds) => ({ milliseconds, loss: 0, learningRate: 0 }));
  return {
    plan: { ...plan, learningRate: { value, reason } },
    rangeTest: { ...found.test, reason },
    milliseconds: typicalTime({ steps }),
  };
}

/** Whether a step of the range test is a step of the run. */
const isWholeStep = ({ method, ema, accumulate }: Plan): boolean =>
  method.value === null && ema.value === 0 && accumulate.value === 1;

/**
 * Makes the plan of a run by trying its steps: the size, batch and accumulation that memory and time allow, and the learning
 * rate by a range test. Takes from seconds to `longestPlanning`, most of it the steps themselves; what is found in that time
 * depends on the machine.
 *
 * @throws UsageError when not even one image fits into memory, and what derivePlan and the run itself would throw.
 */
export async function* planAutomatically({
  dataset,
  survey,
  request,
  context,
  roomForSums,
  signal,
}: AutoOptions): AsyncGenerator<PlanningEvent, AutoPlan, void> {
  const derive = (more: PlanRequest): Plan => derivePlan(dataset, survey, { ...request, ...more }, context);
  const budget = budgetFor(request);
  const limit = memoryLimit(request.memory);
  const share = request.lr === undefined ? trialShare : trialShareAlone;
  const costs = new Costs({ kept: keptBytes(survey), budget, share, roomForSums, signal });
  const images = dataset.splits.train?.length ?? 0;
  const settled = yield* settleSteps({ survey, request, images, limit, derive }, costs);
  const derived = derive(settled.chosen);
  const steps = { ...derived, ...stepReasons(derived, request, settled, limit) };
  const { plan, rangeTest, milliseconds }: AutoPlan & { readonly milliseconds?: number } =
    request.lr === undefined ? yield* withRate(steps, settled, costs, signal) : { plan: steps };
  // A range test has more steps than a trial, but not always all of a step.
  const pace = isWholeStep(plan) ? (milliseconds ?? settled.milliseconds) : settled.milliseconds;
  const timed = { ...plan, length: { ...plan.length, reason: lengthReason(plan, images, pace) } };
  return { plan: timed, ...(rangeTest ? { rangeTest } : {}) };
}
