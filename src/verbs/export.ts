/** @file `exportModel`: a run as a bundle, written only when its masks are the run's. */
import { join } from "node:path";
import type { BundleInfo } from "../predict/bundle.js";
import type { GateEvent, GateReport } from "../predict/export-gate.js";
import { openDevice } from "../runtime/devices.js";
import { isFoldSet } from "../train/fold-set.js";
import { writeFileAtomic } from "../util/files.js";
import type { CalibratingEvent } from "./calibrate-run.js";
import { checkFolds } from "./check-folds.js";
import { type CheckOptions, checkRun, comparedImages } from "./check-run.js";

export interface ExportOptions {
  /** Run folder, or the folder of a run's folds: these become one model that averages them. */
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

/**
 * Exports the best weights of a run (their moving average, where it keeps one) after comparing the masks.
 *
 * @throws ExportError when the masks differ; nothing is written then. CheckpointError, DataError, FileError, RuntimeError.
 */
export async function* exportModel(options: ExportOptions): AsyncGenerator<ExportEvent, void, void> {
  const { run: runDir, out = join(runDir, "model.onnx"), threads = 0, data, calibrate = false } = options;
  const where = { device: await openDevice(options.device ?? "auto"), threads };
  const checked = { data, calibrate, images: options.images ?? comparedImages, where };
  const { bundle, gate, info } = isFoldSet(runDir)
    ? yield* checkFolds(runDir, checked)
    : yield* checkedRun(runDir, checked);
  writeFileAtomic(out, bundle);
  yield { kind: "end", report: { version: 1, run: runDir, file: out, bytes: bundle.length, gate, info } };
}

async function* checkedRun(runDir: string, options: CheckOptions) {
  const { run, bundle, gate } = yield* checkRun(runDir, options);
  return { bundle, gate, info: run.info };
}
