/** @file Opens what the command line calls MODEL: a run folder, a bundle, the folder of a run's folds, or several of these. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CheckpointError, FileError, RuntimeError } from "../errors/index.js";
import { type FoldSet, foldRun, isFoldSet, readFoldSet } from "../train/fold-set.js";
import { type Plan, readPlan } from "../train/plan.js";
import { nearestNames } from "../util/nearest.js";
import { readBytes } from "../weights/bytes.js";
import { type BundleInfo, writeBundle } from "./bundle.js";
import { joinBundles, type Member } from "./ensemble.js";
import { Predictor, type PredictorOptions } from "./predictor.js";
import { readRunModel } from "./run-model.js";

/** The weights in a run folder or in the folder of a set of folds, as their scores are recorded. */
export interface RecordedWeights {
  readonly folder: string;
  /** Name of the data set that they were trained on. */
  readonly data: string;
  /** Step that they are of; of folds the sum of theirs. */
  readonly step: number;
}

export interface OpenedModel {
  readonly predictor: Predictor;
  /** A bundle and a list of models have no folder to record scores in. */
  readonly recorded?: RecordedWeights;
  /** Where the data set is that the models were trained on, as far as they know. */
  readonly data?: string;
}

export interface OpenOptions extends PredictorOptions {
  /** Whether the caller says how images come to the network, so that models of an ensemble may differ in it. */
  readonly anyInput?: boolean;
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

/** Does something with a bundle's bytes; errors name the file. */
async function withPath<T>(path: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    const { expected, found, next } = error;
    throw new RuntimeError({ expected, found: `${path}: ${found}`, ...(next ? { next } : {}) }, { cause: error });
  }
}

const isFolder = (path: string): boolean => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw missing(path);
  return found.isDirectory();
};

/** The bundle of one model. */
function memberOf(path: string): Member {
  if (!isFolder(path)) return { name: path, bundle: readBytes(path) };
  const { network, weights, info } = readRunModel(path);
  return { name: path, bundle: writeBundle(network, weights, info) };
}

/** The run folders of a set's folds. @throws CheckpointError unless all of them are trained. */
export function foldRunsOf(folder: string): string[] {
  const { count, folds } = readFoldSet(folder);
  if (folds.length < count)
    throw new CheckpointError({
      expected: `${count} trained folds`,
      found: `${folder} has ${folds.length}`,
      next: `Train the others: segkit train --resume ${folder}`,
    });
  return Array.from({ length: count }, (_, i) => join(folder, foldRun(i + 1)));
}

/** What the bundle of a set's folds says of them: the data set is the one behind the folds, not one of these. */
export function provenanceOfFolds(folder: string, { data, ...plan }: Plan): BundleInfo["provenance"] {
  const { fold: _, ...options } = data.options;
  const { count, summary }: FoldSet = readFoldSet(folder);
  return {
    run: basename(resolve(folder)),
    folds: count,
    model: plan.model.value,
    data: { name: data.name, options, images: data.images },
    ...(summary ? { outOfFoldMeanIou: summary.pooled.scores.meanIou } : {}),
  };
}

async function openEnsemble(paths: readonly string[], options: OpenOptions): Promise<OpenedModel> {
  const folders = paths.map((path) => (isFolder(path) && isFoldSet(path) ? foldRunsOf(path) : [path]));
  const members = folders.flat().map(memberOf);
  const plans = folders.flat().flatMap((path) => (isFolder(path) ? [readPlan(path)] : []));
  const [folds, plan] = [paths.length === 1, plans[0]];
  const provenance = folds
    ? provenanceOfFolds(paths[0]!, plan!)
    : { models: paths.map((path) => basename(resolve(path))) };
  const { anyInput = false } = options;
  const bundle = await withPath(paths.join(", "), () => joinBundles(members, { anyInput, provenance }));
  const predictor = await Predictor.load(bundle, options);
  const places = new Set(plans.map(({ data }) => data.path));
  const recorded = (): RecordedWeights => ({
    folder: paths[0]!,
    data: plan!.data.name,
    step: (predictor.info.provenance.ensemble as { step: number }[]).reduce((sum, { step }) => sum + step, 0),
  });
  return {
    predictor,
    ...(folds ? { recorded: recorded() } : {}),
    ...(places.size === 1 ? { data: plan!.data.path } : {}),
  };
}

/**
 * A predictor from a run folder (its best weights), from the file of a bundle, or from several models whose probabilities are
 * averaged: the folds of a run, or a list of models.
 *
 * @throws FileError when there is nothing at a path, CheckpointError for a run that has no sound checkpoint, RuntimeError for a
 *   file that is no bundle, or was changed since it was exported, UsageError for models that do not fit together.
 */
export async function openModel(model: string | readonly string[], options: OpenOptions): Promise<OpenedModel> {
  const paths = typeof model === "string" ? [model] : model;
  const [path] = paths as [string];
  if (paths.length > 1 || (isFolder(path) && isFoldSet(path))) return openEnsemble(paths, options);
  if (!isFolder(path)) return { predictor: await withPath(path, () => Predictor.load(readBytes(path), options)) };
  const { plan, network, weights, info, step } = readRunModel(path);
  return {
    predictor: await Predictor.load(writeBundle(network, weights, info), options),
    recorded: { folder: path, data: plan.data.name, step },
    data: plan.data.path,
  };
}
