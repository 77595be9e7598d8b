/** @file All losses: one table, and how JSON options become a function. */
import { z } from "zod";
import { requireKnown } from "../util/known-name.js";
import { binaryCrossEntropy } from "./binary-cross-entropy.js";
import { bootstrapped } from "./bootstrapped.js";
import { weightedSum } from "./combine.js";
import { crossEntropy } from "./cross-entropy.js";
import { dice } from "./dice.js";
import { focal } from "./focal.js";
import { jaccard } from "./jaccard.js";
import type { LossFunction, LossKind, Task } from "./loss.js";
import { lovasz } from "./lovasz.js";
import { mcc } from "./mcc.js";
import { tversky } from "./tversky.js";

export const losses = {
  crossEntropy,
  binaryCrossEntropy,
  bootstrapped,
  dice,
  jaccard,
  tversky,
  focal,
  lovasz,
  mcc,
} satisfies { readonly [name: string]: LossKind };

export type LossName = keyof typeof losses;

/** A loss as JSON: its name, its options, and its weight in a sum (default 1). */
export interface LossOptions {
  readonly name: LossName;
  readonly weight?: number;
  readonly [option: string]: unknown;
}

const weight = z.number().default(1);

/** Every loss with its options, for plans and their documentation. */
export const lossSchema = z.discriminatedUnion(
  "name",
  Object.entries(losses).map(([name, { shape }]) =>
    z.strictObject({ name: z.literal(name), weight, ...shape }),
  ) as unknown as [z.ZodObject<{ name: z.ZodLiteral<LossName> }>],
) as z.ZodType<LossOptions>;

/** Names of the losses that are defined for a task. */
export const lossesFor = (task: Task): LossName[] =>
  (Object.keys(losses) as LossName[]).filter((name) => losses[name].tasks.includes(task));

/**
 * The loss that options describe, or the weighted sum of several:
 * `[{ name: "crossEntropy", labelSmoothing: 0.1 }, { name: "dice", weight: 0.5 }]`.
 *
 * @throws UsageError for an unknown name, a task that a loss is not defined for, unknown options and values out of range.
 */
export function buildLoss(given: LossOptions | readonly LossOptions[], task: Task): LossFunction {
  const list: readonly LossOptions[] = Array.isArray(given) ? given : [given as LossOptions];
  return weightedSum(list.map(({ weight = 1, ...one }) => ({ weight, loss: buildOne(one, task) })));
}

function buildOne({ name, ...options }: LossOptions, task: Task): LossFunction {
  requireKnown("loss", name, losses);
  return losses[name].build(options, task);
}
