/** @file Schedule: the learning rate as a pure function of the step number, and what a kind of schedule brings to be chosen by name. */
import { z } from "zod";
import { parseOptions } from "../util/parse-options.js";

/**
 * Learning rate (and, for cyclic schedules, momentum) at each step.
 *
 * Pure functions of the step number, counted from 0 over the whole run: a resumed run needs nothing else.
 */
export interface Schedule {
  /** The rate that step number `step` is taken with. */
  learningRate(step: number): number;
  /** Momentum of that step (SGD, RMSprop) or its counterpart `beta1` (Adam), where the schedule moves it too. */
  momentum?(step: number): number;
}

/** What a run tells its schedule. */
export interface ScheduledRun {
  /** The base rate: what the schedule scales. */
  readonly learningRate: number;
  /** Steps of the whole run: the length of schedules that do not state their own. */
  readonly steps: number;
}

/** A kind of schedule: its options and how they become functions. */
export interface ScheduleKind {
  /** The options, as fields of a schema. */
  readonly shape: z.ZodRawShape;
  /** @throws UsageError for unknown options and values out of range. */
  build(options: unknown, run: ScheduledRun): Schedule;
}

/** A kind whose options are checked and completed before `build` sees them. */
export const scheduleKind = <Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
  build: (options: z.output<z.ZodObject<Shape>>, run: ScheduledRun) => Schedule,
): ScheduleKind => ({
  shape,
  build: (options, run) =>
    build(parseOptions(z.strictObject(shape), options, `schedule ${name}`) as z.output<z.ZodObject<Shape>>, run),
});

/** A number of steps, at least 1. */
export const stepCount = z.int().min(1);
/** A learning rate, at least 0. */
export const rate = z.number().min(0);
/** A factor or momentum between 0 and 1. */
export const fraction = z.number().min(0).max(1);

/** From `a` to `b` along half a cosine: `share` 0 gives a, 1 gives b. */
export const cosineBetween = (a: number, b: number, share: number): number =>
  b + ((a - b) / 2) * (1 + Math.cos(Math.PI * share));

/** From `a` to `b` along a line. */
export const lineBetween = (a: number, b: number, share: number): number => a + (b - a) * share;
