/** @file All kinds of schedules: one table, and how JSON options become functions of the step number. */
import { z } from "zod";
import { UsageError } from "../errors/index.js";
import { parseOptions } from "../errors/parse-options.js";
import { nearestNames } from "../util/nearest.js";
import { constant } from "./constant.js";
import { cosine } from "./cosine.js";
import { cosineRestarts } from "./cosine-restarts.js";
import { cyclic } from "./cyclic.js";
import { exponential } from "./exponential.js";
import { multistep } from "./multistep.js";
import { oneCycle } from "./one-cycle.js";
import { poly } from "./poly.js";
import type { Schedule, ScheduledRun, ScheduleKind } from "./schedule.js";
import { step } from "./step.js";
import { afterWarmup, warmup, warmupShape } from "./warmup.js";

export const schedules = {
  constant,
  poly,
  step,
  multistep,
  exponential,
  cosine,
  cosineRestarts,
  oneCycle,
  cyclic,
} satisfies { readonly [kind: string]: ScheduleKind };

export type ScheduleName = keyof typeof schedules;

/** A schedule as JSON: its kind, its options, and an optional warm-up in front of it. */
export interface ScheduleOptions {
  readonly kind: ScheduleName;
  readonly warmup?: z.input<typeof warmupSchema>;
  readonly [option: string]: unknown;
}

export const warmupSchema = z.strictObject(warmupShape);

/** Every schedule with its options, for plans and their documentation. */
export const scheduleSchema = z.discriminatedUnion(
  "kind",
  Object.entries(schedules).map(([kind, { shape }]) =>
    z.strictObject({ kind: z.literal(kind), warmup: warmupSchema.optional(), ...shape }),
  ) as unknown as [z.ZodObject<{ kind: z.ZodLiteral<ScheduleName> }>],
) as z.ZodType<ScheduleOptions>;

/**
 * The schedule that options describe, e.g. `{ kind: "poly", power: 0.9, warmup: { steps: 500 } }`.
 *
 * Without a length of its own a schedule fills the run; behind a warm-up, what the warm-up leaves of it.
 *
 * @throws UsageError for an unknown kind, unknown options and values out of range.
 */
export function buildSchedule(given: ScheduleOptions, run: ScheduledRun): Schedule {
  const { kind, warmup: warmupOptions, ...options } = given;
  if (!Object.hasOwn(schedules, kind))
    throw new UsageError({
      expected: `one of ${Object.keys(schedules).join(", ")}`,
      found: `schedule ${kind}`,
      ...suggestion(nearestNames(kind, Object.keys(schedules), 1)),
    });
  if (!warmupOptions) return schedules[kind].build(options, run);
  const ramp = parseOptions(warmupSchema, warmupOptions, "warmup");
  return warmup(ramp, schedules[kind].build(options, afterWarmup(run, ramp.steps)), run);
}

const suggestion = ([name]: readonly string[]): { next?: string } => (name ? { next: `Did you mean ${name}?` } : {});
