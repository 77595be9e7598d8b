/** @file Clocks of a run: how far it is, counted in steps or in minutes. */
import type { Plan } from "./plan.js";
import type { RunProgress } from "./progress.js";

/** How long a run is: in steps, or in time. */
export interface RunClock {
  /** Argument for the schedule at this place. */
  position(progress: RunProgress): number;
  /** Share of the run that is behind, 0 to 1; the run ends at 1. */
  fraction(progress: RunProgress): number;
  readonly byTime: boolean;
}

/** A run of a number of steps. */
export const stepClock = (steps: number): RunClock => ({
  position: ({ step }) => step,
  fraction: ({ step }) => Math.min(1, step / steps),
  byTime: false,
});

/** Steps of the schedule that a run by time goes through, however many it makes. */
export const timedScheduleSteps = 10_000;

/**
 * A run of a number of minutes: the schedule follows the time, so that it reaches its end whatever the machine's speed.
 *
 * @param of minutes that the schedule is laid out for, when the run is a part of it
 */
export const timeClock = (minutes: number, of = minutes): RunClock => {
  const shareOf = (whole: number, { seconds }: RunProgress): number => Math.min(1, seconds / (whole * 60));
  return {
    position: (progress) => Math.min(timedScheduleSteps - 1, Math.floor(shareOf(of, progress) * timedScheduleSteps)),
    fraction: (progress) => shareOf(minutes, progress),
    byTime: true,
  };
};

/** A clock that also ends when `isOver` says so, and then as it always does. */
export const endedBy = (clock: RunClock, isOver: () => boolean): RunClock => ({
  ...clock,
  fraction: (progress) => (isOver() ? 1 : clock.fraction(progress)),
});

/** The clock of a plan's length, and the steps that its schedule is laid out for. */
export function clockOf(
  { unit, count, of = count }: Plan["length"]["value"],
  updatesPerEpoch: number,
): { clock: RunClock; steps: number } {
  if (unit === "minutes") return { clock: timeClock(count, of), steps: timedScheduleSteps };
  const stepsOf = (length: number): number =>
    Math.max(1, Math.round(unit === "steps" ? length : length * updatesPerEpoch));
  return { clock: stepClock(stepsOf(count)), steps: stepsOf(of) };
}
