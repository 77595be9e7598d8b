/** @file Fitting the temperature of a run that has none for its weights: one that was stopped, or made before there were any. */
import type { Sample } from "../data/sample.js";
import { DataError } from "../errors/index.js";
import { writeBundle } from "../predict/bundle.js";
import { calibrate, writeCalibration } from "../predict/calibration.js";
import { evaluate } from "../predict/evaluate.js";
import { PixelSample } from "../predict/pixel-sample.js";
import { Predictor, type PredictorOptions } from "../predict/predictor.js";
import type { RunModel } from "../predict/run-model.js";

/** An image was predicted. */
export interface CalibratingEvent {
  readonly kind: "calibrating";
  readonly done: number;
  readonly total: number;
}

/**
 * Fits the temperature on the validation images and writes calibration.json.
 *
 * @throws DataError without labelled validation images, FileError, RuntimeError.
 */
export async function* calibrateRun(
  runDir: string,
  run: RunModel,
  samples: readonly Sample[],
  where: PredictorOptions,
): AsyncGenerator<CalibratingEvent, void, void> {
  const { network, weights, info, plan, checkpoint, step } = run;
  const predictor = await Predictor.load(writeBundle(network, weights, info), where);
  try {
    const pixelSample = new PixelSample(predictor.numClasses, plan.seed.value);
    let images = 0;
    for await (const event of evaluate(predictor, samples, { pixelSample }))
      if (event.kind === "image") {
        images = event.done;
        yield { kind: "calibrating", done: event.done, total: event.total };
      }
    const sample = pixelSample.result();
    if (sample.labels.length === 0)
      throw new DataError({ expected: "labelled validation images", found: "every pixel of them is void" });
    writeCalibration(runDir, calibrate(sample, { checkpoint, step, split: "val", images }));
  } finally {
    await predictor.close();
  }
}
