/**
 * @file folds.json: K runs over the folds of one data set. What was asked for, and how each fold's best weights did on the
 * images that they were not trained on.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import type { ConfusionJson } from "../metrics/index.js";
import { writeFileAtomic } from "../util/files.js";

/** Scores of a fold, 0 to 1; null where undefined (0/0). */
const scoresSchema = z.object({
  meanIou: z.number().nullable(),
  pixelAccuracy: z.number().nullable(),
  meanPixelAccuracy: z.number().nullable(),
  frequencyWeightedIou: z.number().nullable(),
  meanDice: z.number().nullable(),
});

const confusionSchema: z.ZodType<ConfusionJson> = z.object({
  numClasses: z.int().min(1),
  ignoreIndex: z.number().nullable(),
  predictionOutOfRange: z.enum(["error", "drop"]),
  counts: z.array(z.array(z.number())),
  ignored: z.number(),
  truthOutOfRange: z.number(),
});

const foldSchema = z.object({
  /** From 1 on. */
  fold: z.int().min(1),
  /** Folder of its run, from the folder of the set. */
  run: z.string(),
  /** Images that it was scored on. */
  images: z.int(),
  /** Step of the weights that were scored. */
  step: z.int(),
  scores: scoresSchema,
  confusion: confusionSchema,
});

const foldSetSchema = z.object({
  version: z.literal(1),
  /** Folds there are to be. */
  count: z.int().min(2),
  /** Options of `train` that every fold is trained with. */
  options: z.record(z.string(), z.unknown()),
  /** SHA-256 of the list of images that are shared out, in whichever split; sets of earlier versions have none. */
  data: z.string().optional(),
  /** Folds that are trained and scored, in order. */
  folds: z.array(foldSchema),
  /** Once all are: mean and standard deviation over folds, and the scores of all pixels together. */
  summary: z
    .object({
      mean: scoresSchema,
      spread: scoresSchema,
      pooled: z.object({ scores: scoresSchema, confusion: confusionSchema }),
    })
    .nullable(),
});

export type FoldSet = z.output<typeof foldSetSchema>;
export type ScoredFold = FoldSet["folds"][number];
export type FoldScores = ScoredFold["scores"];

export const foldSetFile = (runDir: string): string => join(runDir, "folds.json");

/** Name of a fold's run folder inside the set's. */
export const foldRun = (fold: number): string => join("folds", String(fold));

/** Whether a folder holds the runs of folds. */
export const isFoldSet = (folder: string): boolean => existsSync(foldSetFile(folder));

export function writeFoldSet(runDir: string, set: FoldSet): void {
  writeFileAtomic(foldSetFile(runDir), `${JSON.stringify(set, null, 2)}\n`);
}

/** @throws CheckpointError when the file cannot be read or is none. */
export function readFoldSet(runDir: string): FoldSet {
  const file = foldSetFile(runDir);
  let found: string;
  try {
    const result = foldSetSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (result.success) return result.data;
    found = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  } catch (error) {
    found = (error as Error).message;
  }
  throw new CheckpointError({
    expected: "folds.json as segkit train --folds writes it",
    found: `${file}: ${found}`,
    next: "Restore it from a copy, or train the folds again.",
  });
}

const names = ["meanIou", "pixelAccuracy", "meanPixelAccuracy", "frequencyWeightedIou", "meanDice"] as const;

/** The scores of a table that are kept; those that are no number become null. */
export const keptScores = (table: { readonly [Name in keyof FoldScores]: number }): FoldScores =>
  Object.fromEntries(
    names.map((name) => [name, Number.isFinite(table[name]) ? table[name] : null]),
  ) as unknown as FoldScores;

function over(folds: readonly FoldScores[], of: (values: readonly number[]) => number): FoldScores {
  const values = names.map((name) => {
    const known = folds.flatMap((scores) => scores[name] ?? []);
    const value = known.length === folds.length ? of(known) : Number.NaN;
    return [name, value] as const;
  });
  return keptScores(Object.fromEntries(values) as { [Name in keyof FoldScores]: number });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over folds and standard deviation of a fold, `sqrt(sum (x - mean)^2 / (K - 1))`; null where a fold has no score. */
export function meanAndSpread(folds: readonly FoldScores[]): { mean: FoldScores; spread: FoldScores } {
  const deviation = (values: readonly number[]): number => {
    const mean = meanOf(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  };
  return { mean: over(folds, meanOf), spread: over(folds, deviation) };
}
