/** @file The one step of the demo that is not the demo's own: training a network. */
import { RuntimeError } from "../errors/index.js";
import type { Mask, Raster } from "../raster/index.js";

/** What is to be trained. */
export interface TrainingJob {
  /** Folder of the data set. */
  readonly data: string;
  /** Run folder to be made. */
  readonly run: string;
  /** Length of the training in minutes. */
  readonly minutes: number;
  readonly seed: number;
  /** Threads of the engine; as many as it chooses when left out. */
  readonly threads: number | undefined;
}

/** Where the training stands. */
export interface TrainingNews {
  readonly step: number;
  /** Share of the training that is done, 0 to 1. */
  readonly fraction: number;
  readonly loss: number;
  /** mIoU on the validation split, when it has just been measured. */
  readonly meanIou?: number;
}

/** A trained network, ready to be asked. */
export interface TrainedNetwork {
  /** The class index of each pixel of an 8-bit RGB picture of any size. */
  predict(image: Raster): Promise<Mask>;
  /** Path of the report of the run. */
  readonly report: string;
  close(): Promise<void>;
}

/**
 * Trains a network and opens its best weights.
 *
 * @param tell called whenever there is something new, at least once a second
 * @throws SegkitError when the data or the run folder cannot be used
 */
export async function trainNetwork(job: TrainingJob, tell: (news: TrainingNews) => void): Promise<TrainedNetwork> {
  tell({ step: 0, fraction: 0, loss: Number.NaN });
  throw new RuntimeError({
    expected: `a network trained on ${job.data} for ${job.minutes} minutes`,
    found: "the demo is not joined to the training yet",
    next: "Use --only-data to make the data set and the colour baseline.",
  });
}
