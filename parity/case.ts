/** @file ParityCase: the outcome of one fixture case, and Check, which compares numbers and remembers the worst difference. */

export interface ParityCase {
  readonly name: string;
  readonly passed: boolean;
  /** The worst difference with its tolerance, or what went wrong. */
  readonly detail: string;
}

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** A number of a fixture; null stands for NaN or infinity. */
export type FixtureNumber = number | null;

/**
 * Collects the comparisons of one case.
 *
 * `|actual - expected| <= atol + rtol * |expected|`; a comparison with null passes for NaN and for infinity.
 */
export class Check {
  readonly #name: string;
  readonly #tolerance: Tolerance;
  #compared = 0;
  #worst = { path: "", difference: 0, share: 0 };
  readonly #failures: string[] = [];
  readonly #notes: string[] = [];

  constructor(name: string, tolerance: Tolerance) {
    this.#name = name;
    this.#tolerance = tolerance;
  }

  /** Compares one number within the tolerance. */
  number(path: string, actual: number, expected: FixtureNumber): void {
    this.#compared++;
    if (expected === null) {
      if (Number.isFinite(actual)) this.#failures.push(`${path} is ${actual}, expected undefined`);
      return;
    }
    const difference = Math.abs(actual - expected);
    const allowed = this.#tolerance.atol + this.#tolerance.rtol * Math.abs(expected);
    if (!(difference <= allowed)) this.#failures.push(`${path} is ${actual}, expected ${expected}`);
    const share = difference / allowed;
    if (share > this.#worst.share) this.#worst = { path, difference, share };
  }

  /** Compares numbers, or nested arrays of them, within the tolerance. */
  numbers(path: string, actual: ArrayLike<number>, expected: ArrayLike<FixtureNumber>): void {
    if (actual.length !== expected.length)
      this.#failures.push(`${path}: ${actual.length} numbers, expected ${expected.length}`);
    else for (let i = 0; i < expected.length; i++) this.number(`${path}[${i}]`, actual[i]!, expected[i]!);
  }

  /** Compares whole numbers, flags, texts or arrays of them exactly. */
  equal(path: string, actual: unknown, expected: unknown): void {
    this.#compared++;
    const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (found !== wanted) this.#failures.push(`${path} is ${clip(found)}, expected ${clip(wanted)}`);
  }

  /** Says in the outcome that something was not compared, and why. */
  note(text: string): void {
    this.#notes.push(text);
  }

  result(): ParityCase {
    const { rtol, atol } = this.#tolerance;
    const { path, difference } = this.#worst;
    const more = this.#failures.length > 1 ? ` (and ${this.#failures.length - 1} more)` : "";
    const worst = `worst difference ${difference.toExponential(1)}${path ? ` (${path})` : ""}, tolerance rtol ${rtol} atol ${atol}`;
    const outcome = this.#failures.length > 0 ? `${this.#failures[0]}${more}; ${worst}` : worst;
    return {
      name: this.#name,
      // A case without a single comparison proves nothing.
      passed: this.#failures.length === 0 && this.#compared > 0,
      detail: [outcome, `${this.#compared} compared`, ...this.#notes].join("; "),
    };
  }
}

function clip(text: string | undefined): string {
  const full = text ?? "nothing";
  return full.length <= 80 ? full : `${full.slice(0, 77)}...`;
}

/** Runs one case; an error becomes a failed case instead of ending the run. */
export function checkCase(name: string, tolerance: Tolerance, body: (check: Check) => void): ParityCase {
  const check = new Check(name, tolerance);
  try {
    body(check);
    return check.result();
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}
