/** @file All optimizers: one table, and how JSON options become a rule. */
import { z } from "zod";
import { requireKnown } from "../util/known-name.js";
import { adadelta } from "./adadelta.js";
import { adagrad } from "./adagrad.js";
import { adam, adamW } from "./adam.js";
import { adamax } from "./adamax.js";
import { asgd } from "./asgd.js";
import { nadam } from "./nadam.js";
import type { Optimizer, OptimizerKind } from "./optimizer.js";
import { radam } from "./radam.js";
import { rmsprop } from "./rmsprop.js";
import { rprop } from "./rprop.js";
import { sgd } from "./sgd.js";

export const optimizers = {
  sgd,
  adam,
  adamW,
  adamax,
  nadam,
  radam,
  rmsprop,
  adagrad,
  adadelta,
  asgd,
  rprop,
} satisfies { readonly [name: string]: OptimizerKind };

export type OptimizerName = keyof typeof optimizers;

/** An optimizer as JSON: its name and its options. The learning rate is the schedule's. */
export interface OptimizerOptions {
  readonly name: OptimizerName;
  readonly [option: string]: unknown;
}

/** Every optimizer with its options, for plans and their documentation. */
export const optimizerSchema = z.discriminatedUnion(
  "name",
  Object.entries(optimizers).map(([name, { shape }]) =>
    z.strictObject({ name: z.literal(name), ...shape }),
  ) as unknown as [z.ZodObject<{ name: z.ZodLiteral<OptimizerName> }>],
) as z.ZodType<OptimizerOptions>;

/**
 * The optimizer that options describe, e.g. `{ name: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 }`.
 *
 * @throws UsageError for an unknown name, unknown options and values out of range.
 */
export function buildOptimizer({ name, ...options }: OptimizerOptions): Optimizer {
  requireKnown("optimizer", name, optimizers);
  return optimizers[name].build(options);
}
