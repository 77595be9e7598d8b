/** @file What a process and the trial that it started say to each other. */
import type { ErrorText } from "../../errors/index.js";
import type { Plan } from "../plan.js";

/** A plan to try, and how long. */
export interface TrialRequest {
  readonly plan: Plan;
  readonly updates: number;
  /** Milliseconds of the whole trial after which no update is begun but the first. */
  readonly updatesWithin?: number;
  /** An empty folder for its checkpoint. */
  readonly folder: string;
}

/** One update of a trial. */
export interface TrialStep {
  readonly learningRate: number;
  readonly loss: number;
  /** From the end of the update before to the end of this one, with all that lies between. */
  readonly milliseconds: number;
}

export type TrialAnswer =
  | { readonly kind: "ready"; readonly bytes: number }
  | ({ readonly kind: "step" } & TrialStep)
  /** The most memory the process had at once. */
  | { readonly kind: "end"; readonly peakBytes: number }
  | ({ readonly kind: "failed"; readonly tag: string } & ErrorText);
