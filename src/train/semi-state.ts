/** @file semi.json: what a semi-supervised run of several rounds was asked for and how far it is; rewritten after each part of it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import { writeFileAtomic } from "../util/files.js";

const shareOrNone = z.number().nullable();

/** Pseudo-labels of a round, for the record. */
const labelSchema = z.object({
  /** Images that were looked at, and those that got any label. */
  images: z.int(),
  labelled: z.int(),
  /** Labelled share of all pixels. */
  share: shareOrNone,
  /** Right ones of the labels whose true class is known, for study; null where none is. */
  accuracy: shareOrNone,
  classes: z.array(
    z.object({
      name: z.string(),
      /** Labelled pixels, and as a share of those that the network takes for this class: above 1 where others win by a runner-up. */
      pixels: z.int(),
      share: shareOrNone,
      /** Mean confidence of all pixels that the network takes for this class. */
      confidence: shareOrNone,
      accuracy: shareOrNone,
      /** Portion that was asked for, and the confidence that it led to. */
      portion: z.number().optional(),
      threshold: z.number().optional(),
    }),
  ),
  /** Classes that no pixel was labelled with. */
  keptOut: z.array(z.string()),
  /** How stable the predictions of each image were over the first training, most stable first. */
  reliability: z.array(z.object({ id: z.string(), value: z.number() })).optional(),
});
export type LabelRecord = z.output<typeof labelSchema>;

const roundSchema = z.object({
  round: z.int(),
  /** Steps made. */
  steps: z.int(),
  seconds: z.number(),
  /** Best validation mIoU; null where the data set has no such split. */
  score: shareOrNone,
  /** Labels that its network made for the next round. */
  labels: labelSchema.optional(),
});
export type RoundRecord = z.output<typeof roundSchema>;

const stateSchema = z.object({
  version: z.literal(1),
  method: z.string(),
  methodOptions: z.record(z.string(), z.unknown()),
  /** The options of `train` for the first round, but its folder and length. */
  request: z.record(z.string(), z.unknown()),
  /** Length of all rounds together. */
  length: z.object({ unit: z.enum(["epochs", "steps", "minutes"]), count: z.number().positive() }),
  /** Updates of an epoch of the first round; known once it has begun. */
  updatesPerEpoch: z.int().optional(),
  rounds: z.array(roundSchema),
  /** The round whose network is the result; null until all is done. */
  result: z.int().nullable(),
});
export type SemiState = z.output<typeof stateSchema>;

export const stateFile = (runDir: string): string => join(runDir, "semi.json");

/** The run folder of a round, numbered from 0. */
export const roundFolder = (runDir: string, round: number): string => join(runDir, "rounds", String(round));

/** Whether a folder holds a run of several rounds. */
export const hasState = (runDir: string): boolean => existsSync(stateFile(runDir));

/** @throws FileError */
export function writeState(runDir: string, state: SemiState): void {
  writeFileAtomic(stateFile(runDir), `${JSON.stringify(state, null, 2)}\n`);
}

/** @throws CheckpointError when the file is damaged. */
export function readState(runDir: string): SemiState {
  const file = stateFile(runDir);
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).split("\n")[0]! : (cause as Error).message;
    throw new CheckpointError(
      {
        expected: "the state of a run of several rounds",
        found: `${file} is damaged (${reason})`,
        next: "Restore it from a copy, or start a new run.",
      },
      { cause },
    );
  }
}

/** The round with the best score, the first of equal ones; where there are no scores the last. */
export function bestRound(rounds: readonly RoundRecord[]): RoundRecord {
  if (rounds.some(({ score }) => score === null)) return rounds.at(-1)!;
  return rounds.reduce((best, round) => (round.score! > best.score! ? round : best));
}
