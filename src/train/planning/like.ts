/** @file Taking over what was measured for another run: folds of one data set need not be measured one by one. */

import type { Plan } from "../plan.js";
import type { PlanRequest } from "../request.js";
import { networkOf } from "../run.js";

/** What derivePlan must be asked for to come to the size of a plan; unpadded networks turn outputs into larger inputs. */
function askedSize(plan: Plan): [number, number] {
  const { architecture, options } = networkOf(plan);
  const { inputFor } = architecture;
  if (!inputFor) return plan.size.value;
  const least = inputFor(1, options);
  return plan.size.value.map((side) => side - (least.input - least.output)) as [number, number];
}

/** The plan of a run that takes size, batch, accumulation and learning rate from another, with their reasons. */
export function planLike(measured: Plan, run: string, derive: (more: PlanRequest) => Plan): Plan {
  const { size, inputRule, batch, accumulate, learningRate } = measured;
  const plan = derive({
    size: askedSize(measured),
    inputRule: inputRule.value,
    batch: batch.value,
    accumulate: accumulate.value,
    lr: learningRate.value,
  });
  const as = (reason: string): string => (reason === "given" ? reason : `as in ${run}: ${reason}`);
  const taken = { size, inputRule, batch, accumulate, learningRate };
  const reasons = Object.entries(taken).map(([name, { value, reason }]) => [name, { value, reason: as(reason) }]);
  return { ...plan, ...(Object.fromEntries(reasons) as typeof taken) };
}
