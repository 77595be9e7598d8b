/** @file Opens what the command line calls MODEL: a run folder, or a bundle. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { FileError, RuntimeError } from "../errors/index.js";
import type { Plan } from "../train/plan.js";
import { nearestNames } from "../util/nearest.js";
import { readBytes } from "../weights/bytes.js";
import { writeBundle } from "./bundle.js";
import { Predictor, type PredictorOptions } from "./predictor.js";
import { readRunModel } from "./run-model.js";

export interface OpenedModel {
  readonly predictor: Predictor;
  /** The run's plan; a bundle has none. */
  readonly plan?: Plan;
}

function missing(path: string): FileError {
  const folder = dirname(resolve(path));
  const siblings = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  const near = nearestNames(basename(path), siblings, 1);
  return new FileError({
    file: path,
    expected: "a run folder or a model bundle (.onnx)",
    found: "there is no such file or folder",
    next: near.length > 0 ? `Did you mean ${join(dirname(path), near[0]!)}?` : "Check the path.",
  });
}

async function openBundle(path: string, options: PredictorOptions): Promise<Predictor> {
  try {
    return await Predictor.load(readBytes(path), options);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    const { expected, found, next } = error;
    throw new RuntimeError({ expected, found: `${path}: ${found}`, ...(next ? { next } : {}) }, { cause: error });
  }
}

/**
 * A predictor from a run folder (its best weights) or from the file of a bundle.
 *
 * @throws FileError when there is nothing at the path, CheckpointError for a run that has no sound checkpoint, RuntimeError for a
 *   file that is no bundle, or was changed since it was exported.
 */
export async function openModel(path: string, options: PredictorOptions): Promise<OpenedModel> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw missing(path);
  if (!found.isDirectory()) return { predictor: await openBundle(path, options) };
  const { plan, network, weights, info } = readRunModel(path);
  return { predictor: await Predictor.load(writeBundle(network, weights, info), options), plan };
}
