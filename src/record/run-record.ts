/** @file RunRecord: everything a run folder says of its run, in the form in which it is kept and compared. */
import type { FoldScores } from "../train/fold-set.js";
import type { RunProgress } from "../train/progress.js";
import type { Session } from "./run-file.js";
import type { ScoreSettings, TotalScores } from "./score-file.js";

/** One number of one line of metrics.jsonl. */
export interface CurvePoint {
  readonly split: string;
  readonly field: string;
  readonly step: number;
  /** Seconds of training so far; null where the line does not say. */
  readonly seconds: number | null;
  readonly value: number;
}

/** Scores of a run on a split, without those of single images. */
export interface SplitScores {
  /** Name of the data set when it is another than the run's own, else empty. */
  readonly data: string;
  readonly split: string;
  /** Step of the weights that were scored. */
  readonly step: number;
  readonly settings: ScoreSettings;
  /** Number of images, and a hash of their names and masks. */
  readonly images: number;
  readonly imageSet: string;
  readonly classes: TotalScores["classes"];
}

/** What semi.json says of a run in rounds. */
export interface RoundsRecord {
  readonly method: string;
  readonly options: { readonly [option: string]: unknown };
  /** The round whose network is the run's; null until all is done. */
  readonly result: number | null;
}

/** What folds.json says of a set of folds. */
export interface FoldsRecord {
  /** Folds there are to be. */
  readonly count: number;
  /** Scores on images that a fold did not see; null until all folds are scored. */
  readonly summary: { readonly [Kind in "mean" | "spread" | "pooled"]: FoldScores } | null;
}

export interface RunRecord {
  readonly name: string;
  /** As it stands in plan.json; of folds that of the first, without its place among them. */
  readonly plan: { readonly [choice: string]: unknown };
  readonly sessions: readonly Session[];
  /** Whether report.html is there, which is made when training has ended. */
  readonly hasReport: boolean;
  /** Of the network's training; of folds the sum over them. */
  readonly step: number;
  readonly epoch: number;
  /** Seconds of training, of all rounds and folds together. */
  readonly seconds: number;
  /** Of folds the mean of their scores and the sum of their steps, once all have one. */
  readonly best: RunProgress["best"];
  readonly curves: readonly CurvePoint[];
  readonly scores: readonly SplitScores[];
  readonly rounds: RoundsRecord | null;
  readonly folds: FoldsRecord | null;
  /** What could not be read, in words. */
  readonly problems: readonly string[];
}

/** Whether rounds or folds are still to come, so that the end of a training is not that of the run. */
export const isPartial = ({ rounds, folds }: Pick<RunRecord, "rounds" | "folds">): boolean =>
  rounds?.result === null || folds?.summary === null;

/** Name of the data set of a plan. */
export const dataName = (plan: RunRecord["plan"]): string => {
  const data = plan.data as { name?: unknown } | undefined;
  return typeof data?.name === "string" ? data.name : "";
};
