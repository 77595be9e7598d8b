/** @file `rankImages`: unlabelled images by how unsure a model is of them, to say which to label next. */
import { DataError, UsageError } from "../errors/index.js";
import type { BundleInfo } from "../predict/bundle.js";
import { contactSheet, type SheetRow } from "../predict/contact-sheet.js";
import { findInputs, type InputFile } from "../predict/inputs.js";
import { openModel } from "../predict/open-model.js";
import { pixelMaps } from "../predict/pixel-maps.js";
import type { PredictOptions, Predictor } from "../predict/predictor.js";
import type { SymmetrySet } from "../predict/symmetry.js";
import {
  type ImageUncertainty,
  imageUncertainty,
  layoutDistance,
  type UncertaintyName,
  type UncertaintyOptions,
} from "../predict/uncertainty.js";
import { readRaster } from "../raster/read.js";
import { writePng } from "../raster/write.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { ahead } from "../util/ahead.js";
import { requireWritableFile } from "../util/files.js";

export interface RankOptions extends Omit<PredictOptions, "outputSize"> {
  /** Run folder or bundle. */
  readonly model: string;
  /** Files, folders and globs. */
  readonly inputs: readonly string[];
  /** Default `entropy`. */
  readonly by?: UncertaintyName;
  /** Images to choose; default all. */
  readonly top?: number;
  /**
   * Passes over images that the model sees nearly as one that is already chosen (0 to 1, see `layoutDistance`): frames of one
   * scene teach little more than one of them. Default 0: none.
   */
  readonly distinct?: number;
  /** Confidence below which a pixel counts as uncertain; default 0.6. */
  readonly uncertainBelow?: number;
  /** PNG file of the chosen images (24 at most), each beside its mask and its entropy. */
  readonly sheet?: string;
  /** Default `auto`. */
  readonly device?: string;
  /** Threads inside an operator; default the physical cores. */
  readonly threads?: number;
}

/** A ranked image; all numbers are means over its pixels, 0 (sure) to 1. */
export interface RankedImage {
  readonly input: string;
  readonly name: string;
  /** What it is ranked by. */
  readonly score: number;
  readonly entropy: number;
  readonly margin: number;
  readonly leastConfidence: number;
  /** Where there are views to compare. */
  readonly disagreement?: number;
  /** Share of pixels below the confidence. */
  readonly uncertain: number;
}

/** What `segkit rank --json` prints. `version` changes when a field changes its meaning. */
export interface RankReport {
  readonly version: 1;
  readonly model: string;
  readonly by: UncertaintyName;
  readonly views: SymmetrySet;
  readonly uncertainBelow: number;
  /** Most unsure first. */
  readonly images: readonly RankedImage[];
  /** Images that would stand among them, but are too much like one that does. */
  readonly passedOver: readonly (RankedImage & { readonly like: string })[];
  /** Images that were measured. */
  readonly measured: number;
  readonly skipped: readonly string[];
  readonly failed: readonly { readonly input: string; readonly error: string }[];
}

export type RankEvent =
  | {
      readonly kind: "opened";
      readonly info: BundleInfo;
      readonly device: Device;
      readonly views: SymmetrySet;
      readonly total: number;
    }
  | {
      readonly kind: "measured" | "failed";
      readonly done: number;
      readonly total: number;
      readonly name: string;
    }
  /** All are measured; the sheet is still to come. */
  | { readonly kind: "ranked"; readonly report: RankReport }
  | { readonly kind: "end"; readonly report: RankReport };

/** Images that are decoded and predicted while the current one is measured. */
const imagesAhead = 1;
/** Rows of a contact sheet at most. */
const sheetRows = 24;

interface Measured {
  readonly image: RankedImage;
  readonly layout: Float32Array;
}

function rankedImage({ path, name }: InputFile, { scores, uncertain }: ImageUncertainty, by: UncertaintyName) {
  const { disagreement } = scores;
  return {
    input: path,
    name,
    score: scores[by]!,
    entropy: scores.entropy!,
    margin: scores.margin!,
    leastConfidence: scores["least-confidence"]!,
    ...(disagreement === undefined ? {} : { disagreement }),
    uncertain,
  };
}

/** The first `top` that are `distinct` from each other, and those passed over before all were found. */
function choose(
  measured: readonly Measured[],
  top: number,
  distinct: number,
): Pick<RankReport, "images" | "passedOver"> {
  const order = [...measured].sort((a, b) => b.image.score - a.image.score || (a.image.name < b.image.name ? -1 : 1));
  const chosen: Measured[] = [];
  const passedOver: (RankedImage & { like: string })[] = [];
  for (const one of order) {
    if (chosen.length === top) break;
    const like = chosen.find(({ layout }) => layoutDistance(layout, one.layout) < distinct);
    if (like) passedOver.push({ ...one.image, like: like.image.name });
    else chosen.push(one);
  }
  return { images: chosen.map(({ image }) => image), passedOver };
}

/** Looks at the chosen images again: keeping the pictures of all would cost more. */
async function writeSheet(
  file: string,
  predictor: Predictor,
  images: readonly RankedImage[],
  options: PredictOptions,
): Promise<void> {
  const rows: SheetRow[] = [];
  for (const { input } of images.slice(0, sheetRows)) {
    const image = await readRaster(input, { channels: predictor.info.channels });
    const maps = await pixelMaps(predictor, image, { ...options, entropy: true });
    rows.push({ image, mask: maps.mask, entropy: maps.entropy! });
  }
  if (rows.length > 0) await writePng(file, contactSheet(rows, predictor.info));
}

/**
 * Ranks images by how unsure a model is of them. An image that cannot be read is an event, not an error.
 *
 * @throws UsageError for impossible options, DataError when there is nothing to rank, FileError when the sheet cannot be written
 *   (before anything is measured, as far as it is known then), CheckpointError, RuntimeError.
 * @example
 * for await (const event of rankImages({ model: "unet.onnx", inputs: ["unlabelled"], top: 20 }))
 *   if (event.kind === "end") console.log(event.report.images.map(({ name }) => name));
 */
export async function* rankImages(options: RankOptions): AsyncGenerator<RankEvent, void, void> {
  const { model, inputs, by = "entropy", top = Number.POSITIVE_INFINITY, distinct = 0, uncertainBelow = 0.6 } = options;
  // Without views there is nothing to disagree; photographs are seldom taken upside down.
  const views = options.symmetries ?? (by === "disagreement" ? "flip" : "none");
  if (by === "disagreement" && views === "none")
    throw new UsageError({
      expected: "views that can disagree",
      found: "--by disagreement with --tta none",
      next: "Leave --tta out, or choose flip, flips, rotations or all.",
    });
  if (options.sheet !== undefined) requireWritableFile(options.sheet);
  const { files, skipped } = await findInputs(inputs);
  const device = await openDevice(options.device ?? "auto");
  const { predictor } = await openModel(model, { device, threads: options.threads ?? 0 });
  try {
    const total = files.length;
    yield { kind: "opened", info: predictor.info, device, views, total };
    const { tiles, inputSize } = options;
    const looking = { symmetries: views, ...(tiles ? { tiles } : {}), ...(inputSize ? { inputSize } : {}) };
    const measuring: UncertaintyOptions = { ...looking, uncertainBelow, disagreement: views !== "none" };
    const work = async ({ path }: InputFile): Promise<ImageUncertainty | DataError> => {
      try {
        const image = await readRaster(path, { channels: predictor.info.channels });
        return await imageUncertainty(predictor, image, measuring);
      } catch (error) {
        if (error instanceof DataError) return error;
        throw error;
      }
    };
    const measured: Measured[] = [];
    const failed: { input: string; error: string }[] = [];
    let done = 0;
    for await (const { item, result } of ahead(files, imagesAhead, work)) {
      done++;
      const isFailure = result instanceof DataError;
      if (isFailure) failed.push({ input: item.path, error: result.message });
      else measured.push({ image: rankedImage(item, result, by), layout: result.layout });
      yield { kind: isFailure ? "failed" : "measured", done, total, name: item.name };
    }
    if (measured.length === 0)
      throw new DataError({
        expected: "at least one image that can be read",
        found: `all ${failed.length} cannot, the first because ${failed[0]!.error}`,
      });
    const chosen = choose(measured, top, distinct);
    const counts = { measured: measured.length, skipped, failed };
    const report: RankReport = { version: 1, model, by, views, uncertainBelow, ...chosen, ...counts };
    yield { kind: "ranked", report };
    if (options.sheet !== undefined) await writeSheet(options.sheet, predictor, chosen.images, looking);
    yield { kind: "end", report };
  } finally {
    await predictor.close();
  }
}
