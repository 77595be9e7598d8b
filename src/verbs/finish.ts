/**
 * @file `finishRun`: what follows training, or is made of a run that was stopped: calibration.json, report.html and model.onnx.
 *
 * It reads the run's checkpoints and never writes to them: whatever fails here, the weights are safe.
 */
import { join } from "node:path";
import { openDataset } from "../data/dataset.js";
import { forScores } from "../data/few-labels/index.js";
import type { Sample } from "../data/sample.js";
import { writeBundle } from "../predict/bundle.js";
import { calibrate, calibrationFile, writeCalibration } from "../predict/calibration.js";
import { calibrationOfRun } from "../predict/calibration-report.js";
import { type EvaluationResult, evaluate } from "../predict/evaluate.js";
import { Extremes, reportParts } from "../predict/evaluation-report.js";
import { PixelSample } from "../predict/pixel-sample.js";
import { Predictor } from "../predict/predictor.js";
import { readRunModel } from "../predict/run-model.js";
import { keepScores } from "../record/index.js";
import { openDevice } from "../runtime/devices.js";
import { type Plan, readPlan } from "../train/plan.js";
import { writeReport } from "../train/record/report.js";
import { exportModel } from "./export.js";
import { runReport } from "./run-report.js";

export interface FinishOptions {
  /** Run folder. */
  readonly run: string;
  /** Ends after the current image; what is not written by then is left out. */
  readonly signal?: AbortSignal;
}

export type FinishEvent =
  | { readonly kind: "evaluating"; readonly done: number; readonly total: number }
  | {
      readonly kind: "calibration";
      readonly file: string;
      readonly temperature: number;
      /** Expected calibration error on the validation images, without and with the temperature. */
      readonly ece: { readonly before: number; readonly after: number };
    }
  | { readonly kind: "report"; readonly file: string; readonly split: string; readonly meanIou: number }
  | { readonly kind: "comparing"; readonly done: number; readonly total: number }
  | { readonly kind: "model"; readonly file: string; readonly agreement: number };

/** The validation images, or those of training where there are none. */
async function samplesOf({ data }: Plan): Promise<{ split: string; samples: readonly Sample[] }> {
  const { splits } = await openDataset(data.path, { ...forScores(data.options), channels: data.channels });
  const split = splits.val?.length ? "val" : "train";
  return { split, samples: splits[split] ?? [] };
}

/**
 * Evaluates the best weights on all validation images at their own size, fits the temperature, and writes calibration.json and
 * report.html. On training images no temperature is fitted: the network knows them by heart.
 *
 * @returns what the evaluation found; undefined after the signal
 */
export async function* writeRunReport({
  run: runDir,
  signal,
}: FinishOptions): AsyncGenerator<FinishEvent, EvaluationResult | undefined, void> {
  const run = readRunModel(runDir);
  const { plan, network, weights, checkpoint, step } = run;
  // As trained: an earlier temperature is fitted anew.
  const { calibration: _, ...info } = run.info;
  const { split, samples } = await samplesOf(plan);
  const device = await openDevice(plan.device.value);
  const bundle = writeBundle(network, weights, info);
  const predictor = await Predictor.load(bundle, { device, threads: plan.threads.value });
  try {
    const extremes = new Extremes(info);
    const pixelSample = split === "val" ? new PixelSample(predictor.numClasses, plan.seed.value) : undefined;
    for await (const event of evaluate(predictor, samples, pixelSample ? { pixelSample } : {})) {
      if (signal?.aborted) return undefined;
      if (event.kind === "image") {
        await extremes.add(event);
        yield { kind: "evaluating", done: event.done, total: event.total };
        continue;
      }
      const file = join(runDir, "report.html");
      const { table, images } = event.result;
      const pixels = pixelSample?.result();
      const calibration =
        pixels && pixels.labels.length > 0
          ? calibrate(pixels, { checkpoint, step, split, images: images.length })
          : undefined;
      if (calibration) {
        const { temperature, before, after } = calibration;
        writeCalibration(runDir, calibration);
        const ece = { before: before.ece, after: after.ece };
        yield { kind: "calibration", file: calibrationFile(runDir), temperature, ece };
      }
      writeReport(file, {
        ...runReport(runDir, run, { table, split, device }),
        ...(calibration ? { calibration: calibrationOfRun(calibration) } : {}),
        ...reportParts(event.result, info, extremes),
      });
      // Training has said already why there is no database, if there is none.
      const data = plan.data.name;
      await keepScores({ folder: runDir, data, step }, event.result, { data, split, options: {} });
      yield { kind: "report", file, split, meanIou: table.meanIou };
      return event.result;
    }
    return undefined;
  } finally {
    await predictor.close();
  }
}

/** Writes model.onnx if its masks are the run's. */
async function* writeRunModel({ run, signal }: FinishOptions): AsyncGenerator<FinishEvent, void, void> {
  if (signal?.aborted) return;
  const { device, threads } = readPlan(run);
  for await (const event of exportModel({ run, device: device.value, threads: threads.value })) {
    if (event.kind === "end") {
      const { file, gate } = event.report;
      yield { kind: "model", file, agreement: gate.agreement };
    } else if (signal?.aborted) return;
    else yield { kind: "comparing", done: event.done, total: event.total };
  }
}

/**
 * Writes calibration.json (temperature of the best weights), report.html (curves, scores and pictures of the best weights on the
 * validation images, plan) and model.onnx into a run folder. Where one of the last two fails, the other is still tried.
 *
 * @throws The first failure: CheckpointError for a run without checkpoint, DataError, ExportError, FileError, RuntimeError.
 * @example
 * for await (const event of finishRun({ run: "runs/a" })) if (event.kind === "report") console.log(event.file);
 */
export async function* finishRun(options: FinishOptions): AsyncGenerator<FinishEvent, void, void> {
  const failures: unknown[] = [];
  for (const part of [writeRunReport, writeRunModel])
    try {
      yield* part(options);
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}
