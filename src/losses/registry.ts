/** @file All losses: one table, and how JSON options become a function. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { requireKnown } from "../util/known-name.js";
import { parseOptions } from "../util/parse-options.js";
import { binaryCrossEntropy } from "./binary-cross-entropy.js";
import { bootstrapped } from "./bootstrapped.js";
import { boundaryCrossEntropy } from "./boundary-cross-entropy.js";
import { weightedSum } from "./combine.js";
import { crossEntropy } from "./cross-entropy.js";
import { dice } from "./dice.js";
import { focal } from "./focal.js";
import { hardReplay } from "./hard-replay.js";
import { jaccard } from "./jaccard.js";
import type { LossFunction, LossKind, Task, WeightMapOptions } from "./loss.js";
import { lovasz } from "./lovasz.js";
import { mcc } from "./mcc.js";
import { ohem } from "./ohem.js";
import { tversky } from "./tversky.js";

export const losses = {
  crossEntropy,
  binaryCrossEntropy,
  ohem,
  bootstrapped,
  hardReplay,
  boundaryCrossEntropy,
  dice,
  jaccard,
  tversky,
  focal,
  lovasz,
  mcc,
} as const satisfies { readonly [name: string]: LossKind };

export type LossName = keyof typeof losses;

/** A loss as JSON: its name, its options, and its weight in a sum (default 1). */
export interface LossOptions {
  readonly name: LossName;
  readonly weight?: number;
  readonly [option: string]: unknown;
}

/** Weight of a loss in a sum. */
const weight = z.number().min(0).default(1);

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
  return weightedSum(list.map((one) => buildTerm(one, task)));
}

function buildTerm({ name, weight: share, ...options }: LossOptions, task: Task) {
  requireKnown("loss", name, losses);
  const loss = losses[name].build(options, task);
  return { ...parseOptions(z.object({ weight }), { weight: share }, `loss ${name}`), loss };
}

/**
 * The weight map that the losses of a list ask for; undefined where none does.
 *
 * @throws UsageError where two ask for different ones, as a batch carries one.
 */
export function weightMapOf(given: readonly LossOptions[]): WeightMapOptions | undefined {
  const kinds: { readonly [name: string]: LossKind } = losses;
  const maps = given.flatMap(({ name, weight: _, ...options }) => kinds[name]?.weightMap?.(options) ?? []);
  const [first, ...others] = maps.map((map) => JSON.stringify(map));
  if (others.some((other) => other !== first))
    throw new UsageError({ expected: "one weight map for all losses", found: `${maps.length} of them` });
  return maps[0];
}
