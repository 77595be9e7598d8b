/** @file All kinds of schedules: one table, and how JSON options become functions of the step number. */
import { z } from "zod";
import { requireKnown } from "../util/known-name.js";
import { parseOptions } from "../util/parse-options.js";
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
} satisfies { readonly [name: string]: ScheduleKind };

export type ScheduleName = keyof typeof schedules;

/** A schedule as JSON: its name, its options, and an optional warm-up in front of it. */
export interface ScheduleOptions {
  readonly name: ScheduleName;
  readonly warmup?: z.input<typeof warmupSchema>;
  readonly [option: string]: unknown;
}

export const warmupSchema = z.strictObject(warmupShape);

/** Every schedule with its options, for plans and their documentation. */
export const scheduleSchema = z.discriminatedUnion(
  "name",
  Object.entries(schedules).map(([name, { shape }]) =>
    z.strictObject({ name: z.literal(name), warmup: warmupSchema.optional(), ...shape }),
  ) as unknown as [z.ZodObject<{ name: z.ZodLiteral<ScheduleName> }>],
) as z.ZodType<ScheduleOptions>;

/**
 * The schedule that options describe, e.g. `{ name: "poly", power: 0.9, warmup: { steps: 500 } }`.
 *
 * Without a length of its own a schedule fills the run; behind a warm-up, what the warm-up leaves of it.
 *
 * @throws UsageError for an unknown name, unknown options and values out of range.
 */
export function buildSchedule(given: ScheduleOptions, run: ScheduledRun): Schedule {
  const { name, warmup: warmupOptions, ...options } = given;
  requireKnown("schedule", name, schedules);
  if (!warmupOptions) return schedules[name].build(options, run);
  const ramp = parseOptions(warmupSchema, warmupOptions, "warmup");
  return warmup(ramp, schedules[name].build(options, afterWarmup(run, ramp.steps)), run);
}
