/** @file Survey: one pass over all files of a data set, gathering what the checks need to know of each. */
import { createHash } from "node:crypto";
import { SegkitError } from "../../errors/index.js";
import { decodeStored, readBytes } from "../../raster/formats.js";
import type { Raster } from "../../raster/raster.js";
import { imageOf } from "../../raster/read.js";
import { maskOf } from "../../raster/read-mask.js";
import type { Stored } from "../../raster/stored.js";
import { mapConcurrent } from "../../util/concurrent.js";
import type { Dataset } from "../dataset.js";
import { maskLookup } from "../decode-mask.js";
import { type MaskSummary, summarise } from "../mask-summary.js";
import type { Sample } from "../sample.js";
import { rasterise } from "../shapes.js";
import { type ImageMoments, imageMoments } from "../statistics.js";

/** What was seen of an image. */
export interface ImageRecord {
  readonly height: number;
  readonly width: number;
  /** Channels as stored, opacity included. */
  readonly channels: number;
  /** Type of the values: uint8, uint16, int16 or float32. */
  readonly type: string;
  /** Share of pixels that are not fully opaque, when the file has an opacity channel. */
  readonly transparent?: number;
  /** Hash of the pixels: equal for equal pictures, however they were packed. */
  readonly hash: string;
  /** Moments of the channels that training sees; absent when the image cannot be brought to the channels of the set. */
  readonly moments?: ImageMoments;
}

/** What was seen of a mask. */
export interface MaskRecord {
  readonly summary: MaskSummary;
  /** Hash of the values. */
  readonly hash: string;
  /** Pixels of each class. */
  readonly classPixels: readonly number[];
  /** Void pixels. */
  readonly ignored: number;
  /** Pixels whose value or colour is no class and no void. */
  readonly outOfRange: number;
}

/** One sample with all that was seen of it. */
export interface SampleRecord {
  readonly split: string;
  readonly sample: Sample;
  readonly image?: ImageRecord;
  /** Why the image cannot be read. */
  readonly imageError?: string;
  readonly mask?: MaskRecord;
  /** Why the mask cannot be read. */
  readonly maskError?: string;
}

/** All samples of a data set, seen. */
export interface Survey {
  readonly dataset: Dataset;
  readonly records: readonly SampleRecord[];
  /** Samples there are; more than `records` when only some were looked at. */
  readonly total: number;
}

/** How much to look at, and whom to tell. */
export interface SurveyOptions {
  /** Look at no more than this many samples, evenly over all that there are. Default: all. */
  readonly maxSamples?: number;
  /** Look at this split alone. */
  readonly split?: string;
  /** Called after each sample. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files under way at once: enough to keep decoding threads busy, few enough to keep memory small. */
const readers = 4;

function hashOf({ data, height, width, channels }: Raster): string {
  return createHash("sha1")
    .update(`${height}x${width}x${channels} `)
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}

function transparentShare({ data, channels, alpha, bitDepth }: Stored): number | undefined {
  if (!alpha) return undefined;
  const opaque = 2 ** bitDepth - 1;
  let seen = 0;
  for (let i = channels - 1; i < data.length; i += channels) if (data[i]! < opaque) seen++;
  return seen / (data.length / channels);
}

/** Errors that say why a file cannot be used; anything else is a fault of ours and must surface. */
function reason(error: unknown): string {
  if (error instanceof SegkitError) return error.found;
  throw error;
}

async function seeImage({ image: file, channels }: Sample): Promise<ImageRecord> {
  const stored = await decodeStored(await readBytes(file), file);
  const { height, width, data } = stored;
  let moments: ImageMoments | undefined;
  try {
    moments = imageMoments(imageOf(stored, file, { channels }), stored.nodata);
  } catch (error) {
    reason(error);
  }
  const transparent = transparentShare(stored);
  return {
    height,
    width,
    channels: stored.palette ? 3 : stored.channels,
    type: data.constructor.name.replace("Array", "").toLowerCase(),
    hash: hashOf(stored),
    ...(transparent === undefined ? {} : { transparent }),
    ...(moments ? { moments } : {}),
  };
}

async function seeMask(sample: Sample): Promise<MaskRecord | undefined> {
  const { decode, mask: file } = sample;
  if (decode.kind === "none") return undefined;
  const raw =
    decode.kind === "shapes"
      ? { ...rasterise(decode), channels: 1 as const, format: "png" as const }
      : maskOf(await decodeStored(await readBytes(file!), file!), file!);
  const summary = summarise(raw);
  const lookup = decode.kind === "shapes" ? (value: number) => value : maskLookup(raw, decode);
  const classPixels = new Array<number>(decode.numClasses).fill(0);
  const pixels = raw.height * raw.width;
  let [ignored, known] = [0, 0];
  for (const [value, n] of summary.counts) {
    const index = lookup(value);
    if (index < 0) continue;
    known += n;
    if (index === decode.ignoreIndex) ignored += n;
    else classPixels[index]! += n;
  }
  return { summary, hash: hashOf(raw), classPixels, ignored, outOfRange: pixels - known };
}

async function seeSample(split: string, sample: Sample): Promise<SampleRecord> {
  // Settled one by one, so that an unreadable image does not hide what its mask holds.
  const [image, mask] = await Promise.allSettled([seeImage(sample), seeMask(sample)]);
  return {
    split,
    sample,
    ...(image.status === "fulfilled" ? { image: image.value } : { imageError: reason(image.reason) }),
    ...(mask.status === "rejected" ? { maskError: reason(mask.reason) } : mask.value ? { mask: mask.value } : {}),
  };
}

/** Looks at the samples of a data set, a few files at a time. */
export async function surveyDataset(
  dataset: Dataset,
  { maxSamples, split: only, onProgress }: SurveyOptions = {},
): Promise<Survey> {
  // The images of `hidden` are those of `unlabelled`, and their masks are not for training.
  const all = Object.entries(dataset.splits).flatMap(([split, samples]) =>
    split === "hidden" || (only !== undefined && split !== only) ? [] : samples.map((sample) => ({ split, sample })),
  );
  const wanted = Math.min(all.length, maxSamples ?? all.length);
  const chosen = Array.from({ length: wanted }, (_, i) => all[Math.floor((i * all.length) / wanted)]!);
  const records = await mapConcurrent(
    chosen,
    readers,
    ({ split, sample }) => seeSample(split, sample),
    (done) => onProgress?.(done, chosen.length),
  );
  return { dataset, records, total: all.length };
}

/** Records whose labels were read. */
export type LabelledRecord = SampleRecord & { readonly mask: MaskRecord };

/** The records of a survey that have labels, of one split or all. */
export function labelled({ records }: Survey, split?: string): LabelledRecord[] {
  return records.filter(
    (record): record is LabelledRecord => record.mask !== undefined && (split === undefined || record.split === split),
  );
}

/** The file a finding about the labels of a record names. */
export const maskFile = ({ sample }: SampleRecord): string => sample.mask ?? sample.image;
