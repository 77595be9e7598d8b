/** @file `exportModel`: a run as a bundle, written only when its masks are the run's. */
import { join } from "node:path";
import { type Dataset, openDataset } from "../data/dataset.js";
import { forScores } from "../data/few-labels/index.js";
import type { Sample } from "../data/sample.js";
import { DataError, SegkitError } from "../errors/index.js";
import { type BundleInfo, writeBundle } from "../predict/bundle.js";
import { checkBundle, type GateEvent, type GateReport } from "../predict/export-gate.js";
import { Predictor } from "../predict/predictor.js";
import { RunGraph } from "../predict/run-graph.js";
import { type RunModel, readRunModel } from "../predict/run-model.js";
import { openDevice } from "../runtime/devices.js";
import { writeFileAtomic } from "../util/files.js";
import { type CalibratingEvent, calibrateRun } from "./calibrate-run.js";

export interface ExportOptions {
  /** Run folder. */
  readonly run: string;
  /** File to write; default `model.onnx` in the run folder. */
  readonly out?: string;
  /** Data set to compare on, when that of the run has moved. */
  readonly data?: string;
  /** Fits the temperature on the validation images first, where the run has none for these weights. */
  readonly calibrate?: boolean;
  /** Images to compare on; default 8. */
  readonly images?: number;
  /** Default `auto`. */
  readonly device?: string;
  /** Threads inside an operator; default the physical cores. */
  readonly threads?: number;
}

/** What `segkit export --json` prints. `version` changes when a field changes its meaning. */
export interface ExportReport {
  readonly version: 1;
  readonly run: string;
  readonly file: string;
  readonly bytes: number;
  /** How bundle and run were compared. */
  readonly gate: GateReport;
  readonly info: BundleInfo;
}

export type ExportEvent = CalibratingEvent | GateEvent | { readonly kind: "end"; readonly report: ExportReport };

const comparedImages = 8;

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

/**
 * Exports the best weights of a run (their moving average, where it keeps one) after comparing the masks.
 *
 * @throws ExportError when the masks differ; nothing is written then. CheckpointError, DataError, FileError, RuntimeError.
 */
export async function* exportModel(options: ExportOptions): AsyncGenerator<ExportEvent, void, void> {
  const { run: runDir, out = join(runDir, "model.onnx"), images = comparedImages, threads = 0 } = options;
  const where = { device: await openDevice(options.device ?? "auto"), threads };
  let run = readRunModel(runDir);
  const dataset = await datasetOf(run, options.data);
  const samples = imagesOf(dataset, images);
  if (options.calibrate && !run.info.calibration) {
    yield* calibrateRun(runDir, run, dataset.splits.val, where);
    run = readRunModel(runDir);
  }
  const bundle = writeBundle(run.network, run.weights, run.info);
  const predictor = await Predictor.load(bundle, where);
  let gate: GateReport;
  try {
    const graph = await RunGraph.open(run.network, run.weights, where);
    try {
      gate = yield* checkBundle(predictor, graph, run, samples);
    } finally {
      await graph.close();
    }
  } finally {
    await predictor.close();
  }
  writeFileAtomic(out, bundle);
  yield { kind: "end", report: { version: 1, run: runDir, file: out, bytes: bundle.length, gate, info: run.info } };
}
