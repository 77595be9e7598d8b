/** @file Comparisons of one network case: each with its own tolerance, the worst of each part kept. */
import type { ParityCase } from "../case.js";

export class Findings {
  private readonly worst = new Map<string, { what: string; share: number }>();
  private readonly failures: string[] = [];
  private readonly notes: string[] = [];
  private compared = 0;
  private cause = "";

  /** Requires `|actual - expected| <= allowed` as one comparison of a part such as `outputs`. */
  near(part: string, what: string, actual: number, expected: number, allowed: number): void {
    this.compared++;
    const difference = Math.abs(actual - expected);
    const share = difference === 0 ? 0 : difference / allowed;
    if (!(share <= 1))
      this.failures.push(`${what} is ${actual}, expected ${expected} within ${allowed.toExponential(1)}`);
    const before = this.worst.get(part);
    if (!before || !(share <= before.share)) this.worst.set(part, { what, share });
  }

  /** Requires two texts or numbers to be the same. */
  equal(what: string, actual: unknown, expected: unknown): void {
    this.compared++;
    const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (found !== wanted) this.failures.push(`${what} is ${found}, expected ${wanted}`);
  }

  fail(what: string): void {
    this.failures.push(what);
  }

  /** Where a failure comes from; stands first in the detail. */
  explain(cause: string): void {
    this.cause = cause;
  }

  /** Says how something was compared; stands at the end of the detail. */
  note(text: string): void {
    this.notes.push(text);
  }

  /** Takes over the comparisons of another list. */
  include(other: Findings): void {
    this.compared += other.compared;
    this.failures.push(...other.failures);
    for (const [part, worst] of other.worst) this.worst.set(part, worst);
  }

  get firstFailure(): string | undefined {
    return this.failures[0];
  }

  get failed(): boolean {
    return this.failures.length > 0;
  }

  /** The case with, for each part, the worst difference as a share of what is allowed. */
  result(name: string): ParityCase {
    const shares = Array.from(this.worst, ([part, { what, share }]) => `${part} ${share.toPrecision(2)} (${what})`);
    const more = this.failures.length > 3 ? ` (and ${this.failures.length - 3} more)` : "";
    const parts = [
      ...(this.cause ? [this.cause] : []),
      ...(this.failed ? [`${this.failures.slice(0, 3).join("; ")}${more}`] : []),
      `worst as shares of the tolerance: ${shares.join(", ")}`,
      `${this.compared} compared`,
      ...this.notes,
    ];
    return { name, passed: !this.failed && this.compared > 0, detail: parts.join("; ") };
  }
}
