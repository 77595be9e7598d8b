/** @file The time of planning: all trials and the range test share it. Which steps are tried in it depends on the machine. */
import type { PlanRequest } from "../request.js";

/** Milliseconds that planning takes at most, well below two minutes with what comes before and behind it. */
export const longestPlanning = 100_000;
/** Milliseconds that it may take however short the run is: two trials and the range test of a small network. */
const shortestPlanning = 20_000;
/** Share of a run's minutes that planning may take. */
const shareOfRun = 0.1;

/** A time that is running out. */
export class Budget {
  private readonly start: number;

  /** @param now milliseconds by any clock */
  constructor(
    readonly milliseconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.start = now();
  }

  get left(): number {
    return this.leftOf(1);
  }

  /** Milliseconds until a share of the time is spent. */
  leftOf(share: number): number {
    return share * this.milliseconds - (this.now() - this.start);
  }

  /** E.g. `100 s`. */
  get text(): string {
    return `${Math.round(this.milliseconds / 1000)} s`;
  }
}

/** The time for planning a run, which begins now: of a run by time a tenth, or of the whole that it is the beginning of. */
export function budgetFor({ minutes, horizon }: PlanRequest, now?: () => number): Budget {
  const share = minutes === undefined ? longestPlanning : shareOfRun * (horizon ?? minutes) * 60_000;
  return new Budget(Math.min(longestPlanning, Math.max(shortestPlanning, share)), now);
}
