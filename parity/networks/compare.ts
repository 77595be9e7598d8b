/** @file The comparisons that section 5 of the fixtures' README suggests. */
import { elementCount, type Tensor } from "../../src/runtime/tensor.js";
import type { Findings } from "./findings.js";
import type { FixtureBatchNorm, FixtureGradient, FixtureTensor } from "./fixture.js";

/** Euclidean norm, summed in float64. */
export function norm(tensor: Tensor): number {
  const data = tensor.data as Float32Array;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}

/** Mean and population standard deviation. */
export function moments(tensor: Tensor): { mean: number; deviation: number } {
  const data = tensor.data as Float32Array;
  const count = elementCount(tensor.shape);
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of data) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / count) };
}

/** An output: shape, mean, deviation and sampled values within `error` (at least 1e-5) of its largest value. */
export function compareOutput(
  findings: Findings,
  part: string,
  name: string,
  actual: Tensor | undefined,
  expected: FixtureTensor,
  error: number,
): void {
  const what = `${part} ${name}`;
  if (!actual) {
    findings.fail(`${what} is missing`);
    return;
  }
  findings.equal(`shape of ${what}`, actual.shape, expected.shape);
  const largest = Math.max(expected.std, ...expected.values.map(Math.abs));
  const allowed = Math.max(20 * error, 1e-5) * largest;
  const { mean, deviation } = moments(actual);
  findings.near(part, `mean of ${what}`, mean, expected.mean, allowed);
  findings.near(part, `deviation of ${what}`, deviation, expected.std, allowed);
  for (const [i, place] of expected.idx.entries())
    findings.near(part, `${what}[${place}]`, Number(actual.data[place]), expected.values[i]!, allowed);
}

/** A gradient: its norm within 4 * err + 1e-4, relative, and sampled values within the same share of the norm. */
export function compareGradient(
  findings: Findings,
  actual: Tensor | undefined,
  { name, zero, none, norm: expected = 0, err = 0, idx = [], values = [] }: FixtureGradient,
  medianNorm: number,
): void {
  const what = `gradient of ${name}`;
  if (none) {
    findings.equal(`${what} exists`, actual !== undefined, false);
    return;
  }
  if (!actual) {
    findings.fail(`${what} is missing`);
    return;
  }
  if (zero) {
    findings.near("zero gradients", `norm of ${what}`, norm(actual), 0, 1e-4 * medianNorm);
    return;
  }
  const allowed = (4 * err + 1e-4) * expected;
  findings.near("gradients", `norm of ${what}`, norm(actual), expected, allowed);
  for (const [i, place] of idx.entries())
    findings.near("gradients", `${what}[${place}]`, Number(actual.data[place]), values[i]!, allowed);
}

/** Running statistics after one training step, within `error` (at least 1e-5) of their norm. */
export function compareBatchNorm(
  findings: Findings,
  state: { readonly [name: string]: Tensor },
  expected: FixtureBatchNorm,
  error: number,
): void {
  const parts = [
    ["running_mean", expected.running_mean_norm, expected.running_mean4],
    ["running_var", expected.running_var_norm, expected.running_var4],
  ] as const;
  for (const [name, size, first] of parts) {
    const what = `${expected.name}.${name}`;
    const actual = state[what];
    if (!actual) {
      findings.fail(`${what} is not updated`);
      continue;
    }
    const share = Math.max(20 * error, 1e-5);
    findings.near("running statistics", `norm of ${what}`, norm(actual), size, share * size);
    const typical = size / Math.sqrt(actual.data.length);
    for (const [i, value] of first.entries())
      findings.near(
        "running statistics",
        `${what}[${i}]`,
        Number(actual.data[i]),
        value,
        share * (Math.abs(value) + typical),
      );
  }
}
