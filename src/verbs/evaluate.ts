/** @file `evaluateModel`: a run or bundle against a data set, as a stream of events that ends with all scores. */
import { basename, resolve } from "node:path";
import { type Dataset, type DatasetOptions, openDataset } from "../data/dataset.js";
import { forScores } from "../data/few-labels/index.js";
import type { Sample } from "../data/sample.js";
import { DataError, UsageError } from "../errors/index.js";
import type { BundleInfo } from "../predict/bundle.js";
import { type EvaluateOptions, type EvaluationResult, evaluate } from "../predict/evaluate.js";
import { openModel } from "../predict/open-model.js";
import { keepScores } from "../record/index.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { nearestNames } from "../util/nearest.js";
import { EvaluationFiles } from "./evaluation-files.js";
import type { EvaluationReport } from "./evaluation-json.js";

export interface EvaluateModelOptions extends Omit<EvaluateOptions, "pixelSample"> {
  /** Run folder, bundle or folder of folds; several of these are averaged. */
  readonly model: string | readonly string[];
  /** Data set; default that of the run. */
  readonly data?: string;
  /** A split of it, or `all`; default `test`, or `val` where there is no test split. */
  readonly split?: string;
  /** Folder for masks, `scores.json` and `report.html`. */
  readonly out?: string;
  /** Whether overlays are written too. */
  readonly overlay?: boolean;
  /** Default `auto`. */
  readonly device?: string;
  /** Threads inside an operator; default the physical cores. */
  readonly threads?: number;
}

export type EvaluateModelEvent =
  | {
      readonly kind: "opened";
      readonly info: BundleInfo;
      readonly device: Device;
      readonly split: string;
      readonly total: number;
    }
  | {
      readonly kind: "image";
      readonly done: number;
      readonly total: number;
      readonly name: string;
      readonly meanIou: number;
    }
  | { readonly kind: "end"; readonly report: EvaluationReport };

/** How the model's own data set was opened, when it is the one at hand: then its splits are those of training. */
function splitOptions(data: string, { provenance }: BundleInfo): DatasetOptions {
  const known = provenance.data as { name?: string; options?: DatasetOptions } | undefined;
  return known?.name === basename(resolve(data)) ? forScores(known.options ?? {}) : {};
}

/** The samples of a split. @throws UsageError naming the splits there are. */
function samplesOf(dataset: Dataset, wanted: string | undefined): { split: string; samples: readonly Sample[] } {
  const names = Object.keys(dataset.splits);
  if (wanted === "all") return { split: "all", samples: Object.values(dataset.splits).flat() };
  const split = wanted ?? (names.includes("test") ? "test" : "val");
  const samples = dataset.splits[split];
  if (samples && samples.length > 0) return { split, samples };
  const near = nearestNames(split, names, 1);
  throw new UsageError({
    expected: `one of the splits ${[...names, "all"].join(", ")}`,
    found: `${dataset.path} has no split ${split}`,
    next: near.length > 0 ? `Did you mean --split ${near[0]}?` : "Choose another with --split.",
  });
}

/** Compares the classes of model and data set. @throws DataError when there are more or fewer. */
function classNotes(dataset: Dataset, info: BundleInfo): string[] {
  const [own, theirs] = [info.classes.map(({ name }) => name), dataset.classes.names];
  const list = (names: readonly string[]): string =>
    `${names.slice(0, 4).join(", ")}${names.length > 4 ? ", ..." : ""}`;
  if (own.length !== theirs.length)
    throw new DataError({
      file: dataset.path,
      expected: `the ${own.length} classes of the model (${list(own)})`,
      found: `the data set has ${theirs.length} (${list(theirs)}, by ${dataset.classesFrom})`,
      next: "Use the data set's own model, or give the data set a classes.json with the model's classes.",
    });
  const at = own.findIndex((name, i) => name.toLowerCase() !== theirs[i]!.toLowerCase());
  return at < 0 ? [] : [`class ${at} is called ${own[at]} by the model and ${theirs[at]} by the data set`];
}

/** An ensemble of folds has seen every image of the folds but one time in K: only other images say how good it is. */
function isSeen({ provenance: { folds, data } }: BundleInfo, { name }: Dataset, split: string): boolean {
  const own = data as { name?: string } | undefined;
  return folds !== undefined && own?.name === name && ["train", "val", "all"].includes(split);
}

const seenNote = (split: string): string =>
  `the folds were trained on images of split ${split}; the run's folds.json holds the scores on images that a fold did not see`;

const unkeptNote = (why: string): string => `these scores are not kept for segkit runs: ${why}`;

function notesOn({ outOfRange, unlabelled, perImage, table }: EvaluationResult): string[] {
  return [
    ...(outOfRange.pixels > 0
      ? [`${outOfRange.pixels} pixels in ${outOfRange.masks} masks hold values that are no class; they are not counted`]
      : []),
    ...(unlabelled > 0 ? [`${unlabelled} images without masks were left out`] : []),
    ...(perImage.leftOut.length > 0 ? [`${perImage.leftOut.length} images have no counted pixel`] : []),
    ...table.notes,
  ];
}

/**
 * Predicts a split and compares the masks with the truth. Scores of run folders and of folders of folds are kept there for
 * `segkit runs`; where they are not, the report's notes say why.
 *
 * @throws UsageError, DataError, FileError, CheckpointError, RuntimeError; masks that were written before stay.
 * @example
 * for await (const event of evaluateModel({ model: "runs/a", data: "camvid", split: "test", size: [360, 480] }))
 *   if (event.kind === "end") console.log(event.report.scores.meanIou);
 */
export async function* evaluateModel(options: EvaluateModelOptions): AsyncGenerator<EvaluateModelEvent, void, void> {
  const started = performance.now();
  const { model, data: givenData, split: wanted, out, overlay, device: deviceName = "auto", threads = 0 } = options;
  const name = typeof model === "string" ? model : model.join(",");
  const device = await openDevice(deviceName);
  const anyInput = options.inputSize !== undefined || options.tiles !== undefined;
  const { predictor, recorded, data: trainedOn } = await openModel(model, { device, threads, anyInput });
  try {
    const { info } = predictor;
    const data = givenData ?? trainedOn;
    if (data === undefined)
      throw new UsageError({
        expected: "a data set to compare with",
        found: "a bundle names none",
        next: "segkit eval MODEL DATA.",
      });
    const dataset = await openDataset(data, { ...splitOptions(data, info), channels: info.channels });
    const { split, samples } = samplesOf(dataset, wanted);
    const seen = isSeen(info, dataset, split);
    const notes = [...classNotes(dataset, info), ...(seen ? [seenNote(split)] : [])];
    yield { kind: "opened", info, device, split, total: samples.length };
    const files = out === undefined ? undefined : new EvaluationFiles(out, info, overlay === true);
    for await (const event of evaluate(predictor, samples, evaluateOptions(options))) {
      if (event.kind === "image") {
        const { sample, score, done, total } = event;
        await files?.add(event);
        yield { kind: "image", done, total, name: sample.id, meanIou: score.meanIou };
        continue;
      }
      const { result } = event;
      if (!recorded) notes.push(unkeptNote("a bundle or a list of models is no run folder"));
      else if (seen) notes.push(unkeptNote("they would stand beside those of runs that have not seen the images"));
      else notes.push(...(await keepScores(recorded, result, { data: dataset.name, split, options })));
      const report: EvaluationReport = {
        version: 1,
        model: name,
        data: dataset.path,
        split,
        size: options.size ?? null,
        scores: result.table,
        perImage: result.perImage,
        images: result.images.map(({ iou: _, counts: __, ...score }) => score),
        ...(result.boundary ? { boundary: result.boundary } : {}),
        temperature: info.calibration?.temperature ?? null,
        ...(info.temperatures ? { temperatures: info.temperatures } : {}),
        calibration: result.calibration,
        ...(result.unknown ? { unknown: result.unknown } : {}),
        confusion: result.matrix.toJSON(),
        outOfRange: result.outOfRange,
        unlabelled: result.unlabelled,
        notes: [...notes, ...notesOn(result)],
        device: device.provider,
        seconds: (performance.now() - started) / 1000,
      };
      files?.finish(report, result);
      yield { kind: "end", report };
    }
  } finally {
    await predictor.close();
  }
}

function evaluateOptions(options: EvaluateModelOptions): EvaluateOptions {
  const { size, boundary, absent, unknownBelow, symmetries, inputSize, tiles } = options;
  return {
    ...(size ? { size } : {}),
    ...(boundary ? { boundary } : {}),
    ...(absent ? { absent } : {}),
    ...(unknownBelow === undefined ? {} : { unknownBelow }),
    ...(symmetries ? { symmetries } : {}),
    ...(inputSize ? { inputSize } : {}),
    ...(tiles ? { tiles } : {}),
  };
}
