/** @file calibration.json of a run: the temperature that was fitted on its validation images, and how well confidences hold with it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import { calibrationOf, fitTemperature, type LabelledLogits, temperatureRange } from "../metrics/index.js";
import { writeFileAtomic } from "../util/files.js";
import type { BundleInfo } from "./bundle.js";

/** NaN is null in JSON. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)]);

const scoresSchema = z.object({
  pixels: z.number(),
  accuracy: number,
  meanConfidence: number,
  nll: number,
  brier: number,
  ece: number,
  eceEqualMass: number,
  mce: number,
  classwiseEce: number,
  bins: z.array(z.object({ count: z.number(), confidence: number, accuracy: number })),
  coverage: z.array(z.object({ threshold: z.number(), coverage: number, accuracy: number })),
});

const calibrationSchema = z.object({
  version: z.literal(1),
  /** The weights it holds for: those of a checkpoint at a step. */
  checkpoint: z.enum(["best", "last"]),
  step: z.int(),
  split: z.string(),
  images: z.int(),
  temperature: z.number().positive(),
  /** Scores of the sampled pixels at temperature 1 and at the one fitted. */
  before: scoresSchema,
  after: scoresSchema,
});

/** What calibration.json holds. */
export type RunCalibration = z.output<typeof calibrationSchema>;

/** Which weights a calibration is of. */
export type CalibratedWeights = Pick<RunCalibration, "checkpoint" | "step">;

export const calibrationFile = (runDir: string): string => join(runDir, "calibration.json");

/**
 * Fits the temperature to a sample of pixels.
 *
 * Where no pixel is wrong, or the network knows no better than chance, the best temperature is none; it stays 1 then.
 */
export function calibrate(
  sample: LabelledLogits,
  of: CalibratedWeights & Pick<RunCalibration, "split" | "images">,
): RunCalibration {
  const fitted = fitTemperature(sample);
  const temperature = (temperatureRange as readonly number[]).includes(fitted) ? 1 : fitted;
  const scores = (at: number): RunCalibration["before"] => {
    const { bins, coverage, ...rest } = calibrationOf(sample, { temperature: at });
    return { ...rest, bins: [...bins], coverage: [...coverage] };
  };
  return { version: 1, ...of, temperature, before: scores(1), after: scores(temperature) };
}

/** @throws FileError */
export function writeCalibration(runDir: string, calibration: RunCalibration): void {
  writeFileAtomic(calibrationFile(runDir), `${JSON.stringify(calibration, null, 2)}\n`);
}

/**
 * The calibration of a run; undefined where there is none, or one of other weights: a run that went on.
 *
 * @throws CheckpointError when the file is damaged.
 */
export function readCalibration(runDir: string, { checkpoint, step }: CalibratedWeights): RunCalibration | undefined {
  const file = calibrationFile(runDir);
  if (!existsSync(file)) return undefined;
  const found = calibrationSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  if (!found.success)
    throw new CheckpointError({
      expected: "a calibration of version 1",
      found: `${file} is damaged`,
      next: "Delete it: the model is then used with temperature 1. segkit export RUN --calibrate fits it again.",
    });
  return found.data.checkpoint === checkpoint && found.data.step === step ? found.data : undefined;
}

/** What a bundle says about it. */
export const calibrationInfo = ({ temperature, split, before, after }: RunCalibration): BundleInfo["calibration"] => ({
  temperature,
  split,
  pixels: after.pixels,
  ece: { before: before.ece, after: after.ece },
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
