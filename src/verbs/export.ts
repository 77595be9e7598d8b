/** @file `exportModel`: a run as a bundle, written only when its masks are the run's. */
import { join } from "node:path";
import { openDataset } from "../data/dataset.js";
import { DataError, SegkitError } from "../errors/index.js";
import { type BundleInfo, writeBundle } from "../predict/bundle.js";
import { checkBundle, type GateEvent, type GateReport } from "../predict/export-gate.js";
import { Predictor } from "../predict/predictor.js";
import { RunGraph } from "../predict/run-graph.js";
import { type RunModel, readRunModel } from "../predict/run-model.js";
import { openDevice } from "../runtime/devices.js";
import { writeFileAtomic } from "../util/files.js";

export interface ExportOptions {
  /** Run folder. */
  readonly run: string;
  /** File to write; default `model.onnx` in the run folder. */
  readonly out?: string;
  /** Data set to compare on, when that of the run has moved. */
  readonly data?: string;
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

export type ExportEvent = GateEvent | { readonly kind: "end"; readonly report: ExportReport };

const comparedImages = 8;

/** Up to `count` validation images of the run, evenly over the split; of the training images where there is no validation split. */
async function imagesOf({ plan }: RunModel, data: string | undefined, count: number) {
  const path = data ?? plan.data.path;
  const dataset = await openDataset(path, { ...plan.data.options, channels: plan.data.channels }).catch((error) => {
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
  const { val, train } = dataset.splits;
  const samples = (val?.length ? val : train) ?? [];
  const chosen = Math.min(count, samples.length);
  if (chosen === 0)
    throw new DataError({
      file: dataset.path,
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
  const run = readRunModel(runDir);
  const samples = await imagesOf(run, options.data, images);
  const bundle = writeBundle(run.network, run.weights, run.info);
  const where = { device: await openDevice(options.device ?? "auto"), threads };
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
