/** @file `predictFiles`: masks of images on disk, as a stream of events. */
import { join } from "node:path";
import { DataError, UsageError } from "../errors/index.js";
import type { BundleInfo } from "../predict/bundle.js";
import { findInputs, type InputFile } from "../predict/inputs.js";
import { openModel } from "../predict/open-model.js";
import { type MapOptions, pixelMaps } from "../predict/pixel-maps.js";
import type { Predictor } from "../predict/predictor.js";
import { type Result, ResultWriter, type WrittenFiles } from "../predict/result-writer.js";
import { readRaster } from "../raster/read.js";
import { type Device, openDevice } from "../runtime/devices.js";
import { ahead } from "../util/ahead.js";

export interface PredictFilesOptions extends MapOptions {
  /** Run folder, bundle or folder of folds; several of these are averaged. */
  readonly model: string | readonly string[];
  /** Files, folders and globs. */
  readonly inputs: readonly string[];
  /** Folder for `NAME.png`, `overlays/NAME.png`, `probabilities/NAME.npy`, `confidence/NAME.png` and `entropy/NAME.png`. */
  readonly out: string;
  readonly overlay?: boolean;
  /** Default `auto`. */
  readonly device?: string;
  /** Threads inside an operator; default the physical cores. */
  readonly threads?: number;
}

/** One image that was predicted. */
export interface PredictedFile {
  readonly input: string;
  readonly name: string;
  readonly files: WrittenFiles;
  /** Size of the mask. */
  readonly height: number;
  readonly width: number;
  /** Pixels of each class, by its name. */
  readonly pixels: { readonly [className: string]: number };
  /** With `unknownBelow`: pixels that are too uncertain to have a class. */
  readonly unknown?: number;
}

export type PredictFilesEvent =
  | {
      readonly kind: "opened";
      readonly info: BundleInfo;
      readonly device: Device;
      readonly total: number;
      /** Files of folders and globs that are no images. */
      readonly skipped: readonly string[];
    }
  | ({ readonly kind: "predicted"; readonly done: number; readonly total: number } & PredictedFile)
  | {
      readonly kind: "failed";
      readonly done: number;
      readonly total: number;
      readonly input: string;
      readonly error: DataError;
    };

/** Images that are decoded and predicted while the current one is written. */
const imagesAhead = 1;

type Outcome = Result | DataError;

function pixelsOf({ mask }: Result, { classes, ignoreIndex }: BundleInfo) {
  const counts = new Float64Array(2 ** 16);
  for (let i = 0; i < mask.data.length; i++) counts[mask.data[i]!]!++;
  const pixels = Object.fromEntries(classes.map(({ name }, k) => [name, counts[k]!]));
  return { pixels, unknown: counts[ignoreIndex]! };
}

async function predictOne(predictor: Predictor, { path, name }: InputFile, wanted: MapOptions): Promise<Outcome> {
  try {
    const image = await readRaster(path, { channels: predictor.info.channels });
    return { name, image, ...(await pixelMaps(predictor, image, wanted)) };
  } catch (error) {
    // A broken image must not cost the others; everything else (a full disk, a failing device) ends the work.
    if (error instanceof DataError) return error;
    throw error;
  }
}

/**
 * Predicts images and writes their masks. An image that cannot be read is an event, not an error: the others go on.
 *
 * @throws UsageError for impossible options, DataError when there is nothing to predict, FileError when a result cannot be written,
 *   CheckpointError, RuntimeError; results that were written before stay.
 * @example
 * for await (const event of predictFiles({ model: "unet.onnx", inputs: ["photos"], out: "masks" }))
 *   if (event.kind === "predicted") console.log(event.files.mask);
 */
export async function* predictFiles(options: PredictFilesOptions): AsyncGenerator<PredictFilesEvent, void, void> {
  const { model, inputs, out, overlay, unknownBelow, device: deviceName = "auto", threads = 0 } = options;
  if (inputs.length === 0) throw new UsageError({ expected: "images to predict", found: "no input was given" });
  const { files, skipped } = await findInputs(inputs);
  const device = await openDevice(deviceName);
  const anyInput = options.inputSize !== undefined || options.tiles !== undefined;
  const { predictor } = await openModel(model, { device, threads, anyInput });
  try {
    const { info } = predictor;
    const total = files.length;
    yield { kind: "opened", info, device, total, skipped };
    const writer = new ResultWriter(
      {
        masks: out,
        ...(overlay ? { overlays: join(out, "overlays") } : {}),
        ...(options.probabilities ? { probabilities: join(out, "probabilities") } : {}),
        ...(options.confidence ? { confidence: join(out, "confidence") } : {}),
        ...(options.entropy ? { entropy: join(out, "entropy") } : {}),
      },
      info,
    );
    writer.writeClasses(out, unknownBelow === undefined ? "void" : "unknown");
    let done = 0;
    const work = (file: InputFile): Promise<Outcome> => predictOne(predictor, file, options);
    for await (const { item, result } of ahead(files, imagesAhead, work)) {
      done++;
      if (result instanceof DataError) {
        yield { kind: "failed", done, total, input: item.path, error: result };
        continue;
      }
      const written = await writer.write(result);
      const { height, width } = result.mask;
      const { pixels, unknown } = pixelsOf(result, info);
      yield {
        kind: "predicted",
        done,
        total,
        input: item.path,
        name: item.name,
        files: written,
        height,
        width,
        pixels,
        ...(unknownBelow === undefined ? {} : { unknown }),
      };
    }
  } finally {
    await predictor.close();
  }
}
