/**
 * @file The learning rate range test: the rate grows from step to step until the loss runs away, and the losses on the way say
 * which rates work (L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../../errors/index.js";
import { writeFileAtomic } from "../../util/files.js";

/** Lowest and highest rate. */
export const testedRates = [1e-6, 1] as const;

/** Powers of ten between them. */
export const decadesTested = Math.round(Math.log10(testedRates[1] / testedRates[0]));

/** Factor between the rates of two steps, so that `steps` of them go from the lowest to the highest. */
export const rateFactor = (steps: number): number => (testedRates[1] / testedRates[0]) ** (1 / Math.max(1, steps - 1));

/** Loss of the step that was taken with a rate; null where it was no number. */
export interface RatePoint {
  readonly learningRate: number;
  readonly loss: number | null;
  /** Mean of the losses so far, the latest weighing most. */
  readonly smoothed: number | null;
}

export interface RangeTest {
  readonly version: 1;
  readonly seed: number;
  readonly points: readonly RatePoint[];
  /** Where the loss falls fastest by the logarithm of the rate; null where it never falls clearly. */
  readonly steepest: number | null;
  /** First rate at which the loss has run away; null where it has not. */
  readonly divergence: number | null;
  readonly learningRate: number | null;
  readonly reason: string;
}

export const rangeTestFile = (runDir: string): string => join(runDir, "range-test.json");

/** Writes the curve into a run folder. @throws FileError */
export function writeRangeTest(runDir: string, test: RangeTest): void {
  writeFileAtomic(rangeTestFile(runDir), `${JSON.stringify(test, null, 2)}\n`);
}

/** The curve of a run folder; undefined where its rate was not tested. @throws CheckpointError when the file is damaged. */
export function readRangeTest(runDir: string): RangeTest | undefined {
  const file = rangeTestFile(runDir);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RangeTest;
  } catch (cause) {
    const found = `${file} is damaged (${(cause as Error).message})`;
    throw new CheckpointError(
      { expected: "JSON", found, next: "Remove the file; training does not need it." },
      { cause },
    );
  }
}
