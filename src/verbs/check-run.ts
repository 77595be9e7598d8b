/** @file What exporting a run and exporting its folds have in common: images to compare on, and the comparison. */
import { type Dataset, openDataset } from "../data/dataset.js";
import { forScores } from "../data/few-labels/index.js";
import type { Sample } from "../data/sample.js";
import { DataError, SegkitError } from "../errors/index.js";
import { writeBundle } from "../predict/bundle.js";
import { checkBundle, type GateEvent, type GateReport } from "../predict/export-gate.js";
import { Predictor, type PredictorOptions } from "../predict/predictor.js";
import { RunGraph } from "../predict/run-graph.js";
import { type RunModel, readRunModel } from "../predict/run-model.js";
import { type CalibratingEvent, calibrateRun } from "./calibrate-run.js";

/** Images to compare on unless told otherwise. */
export const comparedImages = 8;

/** The data set of the run, or the one that stands in for it. */
async function datasetOf({ plan }: RunModel, data: string | undefined): Promise<Dataset> {
  const path = data ?? plan.data.path;
  return openDataset(path, { ...forScores(plan.data.options), channels: plan.data.channels }).catch((error) => {
    if (data !== undefined || !(error instanceof SegkitError)) throw error;
    throw new DataError(
      {
        expected: "the data set of the run, to compare the exported model with the run on its images",
        found: error.found,
        next: "Say where it is now with --data DIR.",
      },
      { cause: error },
    );
  });
}

/** Up to `count` validation images, evenly over the split; of the training images where there is no validation split. */
function imagesOf({ path, splits: { val, train } }: Dataset, count: number): Sample[] {
  const samples = (val?.length ? val : train) ?? [];
  const chosen = Math.min(count, samples.length);
  if (chosen === 0)
    throw new DataError({
      file: path,
      expected: "images to compare the exported model with the run on",
      found: "the splits val and train are empty",
      next: "Name another data set with --data DIR.",
    });
  return Array.from({ length: chosen }, (_, i) => samples[Math.floor((i * samples.length) / chosen)]!);
}

/** The images that a temperature is fitted on. @throws DataError when there are none */
function validationOf({ path, splits: { val = [] } }: Dataset): readonly Sample[] {
  if (val.length === 0)
    throw new DataError({
      file: path,
      expected: "a validation split to fit the temperature on",
      found: "there is none",
      next: "Export without --calibrate.",
    });
  return val;
}

/** A run whose bundle was compared with it. */
export interface CheckedRun {
  readonly run: RunModel;
  readonly bundle: Uint8Array;
  readonly samples: readonly Sample[];
  readonly gate: GateReport;
}

export interface CheckOptions {
  /** Data set to compare on, when that of the run has moved. */
  readonly data?: string | undefined;
  readonly images: number;
  readonly calibrate: boolean;
  readonly where: PredictorOptions;
}

/**
 * The bundle of a run, after comparing its masks with the run's.
 *
 * @throws ExportError when they differ; CheckpointError, DataError, FileError, RuntimeError.
 */
export async function* checkRun(
  runDir: string,
  { data, images, calibrate, where }: CheckOptions,
): AsyncGenerator<CalibratingEvent | GateEvent, CheckedRun, void> {
  let run = readRunModel(runDir);
  const dataset = await datasetOf(run, data);
  const samples = imagesOf(dataset, images);
  if (calibrate && !run.info.calibration) {
    yield* calibrateRun(runDir, run, validationOf(dataset), where);
    run = readRunModel(runDir);
  }
  const bundle = writeBundle(run.network, run.weights, run.info);
  const predictor = await Predictor.load(bundle, where);
  try {
    const graph = await RunGraph.open(run.network, run.weights, where);
    try {
      return { run, bundle, samples, gate: yield* checkBundle(predictor, graph, run, samples) };
    } finally {
      await graph.close();
    }
  } finally {
    await predictor.close();
  }
}
