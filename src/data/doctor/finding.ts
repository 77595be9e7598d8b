/** @file Finding: one thing the doctor noticed, and what can be done about it. */

/** error: training would fail or learn nonsense; warning: results will suffer or mislead; note: worth knowing. */
export type FindingLevel = "error" | "warning" | "note";

/** One finding. Plain JSON; part of the documented output of `segkit doctor --json`. */
export interface Finding {
  readonly level: FindingLevel;
  /** Name of the check that found it. */
  readonly check: string;
  /** What was seen, what was expected, what to do. One or two sentences. */
  readonly message: string;
  /** The files concerned, all of them; empty when it concerns the set as a whole. */
  readonly files: readonly string[];
  /** What `--fix` does about it; absent when it needs a person. */
  readonly fix?: string;
}

/** `1 image`, `3 images`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** A share as a percentage with as many digits as it needs, e.g. `12 %`, `0.3 %`. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.001) return "< 0.001 %";
  return `${value >= 9.5 || value === 0 ? value.toFixed(0) : Number(value.toPrecision(1))} %`;
}

/** The first few of a list of numbers or names, e.g. `0, 85, 170 and 4 more`. */
export function some(items: readonly (number | string)[], most = 6): string {
  const shown = items.slice(0, most).join(", ");
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
