/** @file RoundMethod: a semi-supervised method that is several trainings, each from the pseudo-labels of those before. */
import type { z } from "zod";
import type { BatchMix } from "../../data/batch-mix.js";
import type { Sample } from "../../data/sample.js";
import type { Plan } from "../../train/plan.js";
import type { LabelRecord } from "../../train/semi-state.js";

/** What a round after the first one begins with. */
export const roundStarts = ["continued", "best", "anew"] as const;

/**
 * `continued`: with everything as the round before left it, so that all rounds are one training with one schedule; `best`: from the
 * best weights of the round before, with a schedule of its own; `anew`: from what the first round started from.
 */
export type RoundStart = (typeof roundStarts)[number];

/** How a round after the first one is trained. */
export interface RoundSettings {
  /** Factor of the first round's learning rate. */
  readonly rateFactor: number;
  /** Share of the images in a batch, on average, that are labelled ones, 0 to 1. */
  readonly labelledShare: number;
  /** Whether pseudo-labelled images come beside a batch of labelled ones, which then is larger, or in place of some. */
  readonly beside: boolean;
  /** Whether pseudo-labelled images are changed strongly in colour. */
  readonly strong: boolean;
  /** What the images of a batch take from each other; undefined: as in the first round. */
  readonly mix?: BatchMix;
}

/** An image with the mask that was made for it. */
export interface PseudoItem {
  readonly id: string;
  /** The image file. */
  readonly image: string;
  /** The mask file. */
  readonly mask: string;
}

/** What labelling finds. */
export interface LabelWork {
  /** Round whose network labels, from 0. */
  readonly round: number;
  /** Folder of a round. */
  folder(round: number): string;
  /** Plan of that round. */
  readonly plan: Plan;
  /** Images without labels. */
  readonly samples: readonly Sample[];
  /** The same with their true masks, by id, where they are known: for the record, never for a choice. */
  readonly hidden: ReadonlyMap<string, Sample>;
  readonly signal?: AbortSignal | undefined;
}

/** Pseudo-labels for the next round. */
export interface RoundLabels {
  readonly items: readonly PseudoItem[];
  readonly record: LabelRecord;
}

/** How far labelling is. */
export interface LabelProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export interface RoundMethod<Options = unknown> {
  readonly name: string;
  /** One line for tables. */
  readonly title: string;
  readonly paper: string;
  readonly year: number;
  readonly options: z.ZodType<Options>;
  /** Share of all steps that each round gets; the first one learns from labels alone. */
  shares(options: Options): readonly number[];
  /** What rounds after the first one begin with: the first one is planned accordingly. */
  start(options: Options): RoundStart;
  /** Places of the first round, as shares of it, whose weights are kept for labelling. */
  readonly snapshots: readonly number[];
  /** Rounds without a better validation score after which it ends. */
  patience(options: Options): number;
  settings(options: Options, round: number): RoundSettings;
  /** @throws UsageError for options that do not fit the classes. */
  check?(options: Options, classNames: readonly string[]): void;
  /**
   * Makes pseudo-labels with the network of a round that was trained. What it made before it was interrupted is used again.
   *
   * @returns undefined when the signal came in between
   */
  label(work: LabelWork, options: Options): AsyncGenerator<LabelProgress, RoundLabels | undefined, void>;
}
