/** @file Learning rate schedules: pure functions of the step number. */
export { type PlateauOptions, type PlateauSchedule, plateau, plateauSchema } from "./plateau.js";
export {
  buildSchedule,
  type ScheduleName,
  type ScheduleOptions,
  scheduleSchema,
  schedules,
  warmupSchema,
} from "./registry.js";
export type { Schedule, ScheduledRun, ScheduleKind } from "./schedule.js";
