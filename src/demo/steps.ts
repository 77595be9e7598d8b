/** @file The one step of the demo that is not the demo's own: training a network. */
import { join } from "node:path";
import { openModel } from "../predict/open-model.js";
import type { Mask, Raster } from "../raster/index.js";
import { openDevice } from "../runtime/devices.js";
import { finishRun } from "../verbs/finish.js";
import { train } from "../verbs/train.js";

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

/** A U-Net that two cores train in three minutes, on crops, as more of them fit into the time. */
const network = {
  model: "unet",
  set: { width: 16 },
  size: [128, 128],
  inputRule: "tiles",
  batch: 8,
  lr: 3e-3,
  flip: "both",
} as const;

/**
 * Trains a network and opens its best weights.
 *
 * @param tell called after each step
 * @throws SegkitError when the data or the run folder cannot be used
 */
export async function trainNetwork(job: TrainingJob, tell: (news: TrainingNews) => void): Promise<TrainedNetwork> {
  const { data, run, minutes, seed } = job;
  const threads = job.threads === undefined ? {} : { threads: job.threads };
  let meanIou: number | undefined;
  for await (const event of train({ ...network, data, run, minutes, seed, ...threads })) {
    if (event.kind === "validation") meanIou = event.score;
    if (event.kind !== "step") continue;
    tell({
      step: event.step,
      fraction: event.fraction,
      loss: event.loss,
      ...(meanIou === undefined ? {} : { meanIou }),
    });
    meanIou = undefined;
  }
  // Writes report.html and model.onnx.
  for await (const event of finishRun({ run })) void event;
  const device = await openDevice("auto");
  const { predictor } = await openModel(run, { device, threads: job.threads ?? 0 });
  return {
    predict: async (image) => (await predictor.predict(image)).mask,
    report: join(run, "report.html"),
    close: () => predictor.close(),
  };
}
