/**
 * @file The automatic plan: input size, batch, accumulation and learning rate by measurement instead of by rule of thumb. What
 * the user gave stands.
 */
import type { Dataset } from "../../data/dataset.js";
import type { Survey } from "../../data/doctor/survey.js";
import { type DeriveContext, derivePlan } from "../derive.js";
import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { Costs, keptBytes, typicalTime } from "./costs.js";
import { memoryLimit } from "./memory.js";
import type { RangeTest } from "./range-test.js";
import { findRate, type RateFinding, stepsOfTest } from "./rates.js";
import { lengthReason, stepReasons } from "./reasons.js";
import { type PlanningEvent, type SettledSteps, settleSteps } from "./settle.js";

export interface AutoOptions {
  readonly dataset: Dataset;
  readonly survey: Survey;
  readonly request: PlanRequest;
  readonly context: DeriveContext;
  readonly signal?: AbortSignal | undefined;
}

export interface AutoPlan {
  readonly plan: Plan;
  /** Absent where the rate was given. */
  readonly rangeTest?: RangeTest;
}

/** Milliseconds between two reports of a range test. */
const reportInterval = 250;

/** Runs the range test of a plan, reporting now and then. */
async function* testRates(
  plan: Plan,
  { milliseconds }: SettledSteps,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlanningEvent, RateFinding | undefined, void> {
  const total = stepsOfTest(milliseconds);
  let [done, reported] = [0, -1];
  let ended = false;
  const work = findRate(plan, total, { onStep: () => done++, ...(signal ? { signal } : {}) }).finally(() => {
    ended = true;
  });
  // Whoever leaves the loop early does not wait for the end of it.
  work.catch(() => {});
  while (!ended) {
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, reportInterval))]);
    if (done === reported) continue;
    reported = done;
    yield { kind: "planning", stage: "learning rate", text: "range test", done, total };
  }
  return work;
}

/** The plan with what a range test says in place of the usual rate. */
function withRate(plan: Plan, test: RangeTest): Plan {
  const { learningRate, reason } = test;
  if (learningRate === null)
    return { ...plan, learningRate: { ...plan.learningRate, reason: `${plan.learningRate.reason}; ${reason}` } };
  return { ...plan, learningRate: { value: learningRate, reason } };
}

/**
 * Makes the plan of a run by trying its steps: the size, batch and accumulation that memory and time allow, and the learning
 * rate by a range test. Takes from seconds to minutes, most of it the steps themselves.
 *
 * @throws UsageError when not even one image fits into memory, and what derivePlan and the run itself would throw.
 */
export async function* planAutomatically({
  dataset,
  survey,
  request,
  context,
  signal,
}: AutoOptions): AsyncGenerator<PlanningEvent, AutoPlan, void> {
  const derive = (more: PlanRequest): Plan => derivePlan(dataset, survey, { ...request, ...more }, context);
  const limit = memoryLimit(request.memory);
  const costs = new Costs(keptBytes(survey), signal ? { signal } : {});
  const images = dataset.splits.train?.length ?? 0;
  const settled = yield* settleSteps({ survey, request, images, limit, derive }, costs);
  const derived = derive(settled.chosen);
  const plan = { ...derived, ...stepReasons(derived, request, settled, limit) };
  const found = request.lr === undefined ? yield* testRates(plan, settled, signal) : undefined;
  const milliseconds = found
    ? typicalTime({ steps: found.times.map((time) => ({ milliseconds: time, loss: 0, learningRate: 0 })) })
    : settled.milliseconds;
  const timed = { ...plan, length: { ...plan.length, reason: lengthReason(plan, images, milliseconds) } };
  return found ? { plan: withRate(timed, found.test), rangeTest: found.test } : { plan: timed };
}
