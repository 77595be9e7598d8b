/** @file Where a training run stands, as JSON in its checkpoint, and what it tells its caller while it runs. */
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import { type PseudoScores, pseudoSumSchema } from "./pseudo-record.js";

const progressSchema = z.object({
  /** Updates made. */
  step: z.int().min(0),
  /** Place of the next micro-batch. */
  epoch: z.int().min(0),
  batch: z.int().min(0),
  /** Seconds of training so far, over all sessions. */
  seconds: z.number().min(0),
  /** Sum and count of losses since the last record, so that a resumed run writes the same means. */
  lossSum: z.number(),
  lossCount: z.int().min(0),
  /** Counts of pseudo-labels since the last record. */
  pseudo: pseudoSumSchema,
  /** Best validation score and the step it was reached at. */
  best: z.object({ score: z.number(), step: z.int() }).nullable(),
  /** Validations since the best one. */
  sinceBest: z.int().min(0),
  /** Step of the last validation: a run that was stopped before one was due makes it when it goes on. */
  validated: z.int().min(0).default(0),
});

export type RunProgress = z.output<typeof progressSchema>;

export const startOfRun: RunProgress = {
  step: 0,
  epoch: 0,
  batch: 0,
  seconds: 0,
  lossSum: 0,
  lossCount: 0,
  pseudo: null,
  best: null,
  sinceBest: 0,
  validated: 0,
};

/** Reads the place from a checkpoint's state. @throws CheckpointError when it is not one. */
export function parseProgress(state: unknown): RunProgress {
  const result = progressSchema.safeParse(state);
  if (result.success) return result.data;
  throw new CheckpointError({
    expected: "the state of a training run",
    found: result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
    next: "Resume from another checkpoint.",
  });
}

export type EndReason = "finished" | "time is up" | "no improvement" | "stopped";

/** What a run reports, in order. */
export type TrainingEvent =
  | {
      readonly kind: "step";
      readonly step: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly gradientNorm?: number;
      readonly milliseconds: number;
      readonly fraction: number;
    }
  | {
      readonly kind: "record";
      readonly step: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      /** What became of unlabelled pixels, where a method learns from them. */
      readonly pseudo?: PseudoScores;
      readonly seconds: number;
    }
  | {
      readonly kind: "validation";
      readonly step: number;
      readonly epoch: number;
      readonly score: number;
      readonly scores: { readonly [name: string]: number | null };
      readonly best: boolean;
      readonly seconds: number;
    }
  | { readonly kind: "checkpoint"; readonly step: number }
  | {
      readonly kind: "end";
      readonly step: number;
      readonly reason: EndReason;
      readonly waitedShare: number;
      readonly seconds: number;
    };
