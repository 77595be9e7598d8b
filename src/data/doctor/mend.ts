/** @file Mending: a copy of a data set in the standard layout, with all that can be put right put right. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import sharp from "sharp";
import { UsageError } from "../../errors/index.js";
import type { Mask } from "../../raster/raster.js";
import { readRawMask } from "../../raster/read-mask.js";
import { resizeMask } from "../../raster/resize-mask.js";
import { writeIndexPng } from "../../raster/write.js";
import { mapConcurrent } from "../../util/concurrent.js";
import { writeError, writeFileAtomic } from "../../util/files.js";
import { classTableToJson, normalised } from "../classes.js";
import { type Dataset, openLeniently } from "../dataset.js";
import { rasterise } from "../shapes.js";
import { type Repaired, repairer } from "./repair.js";
import type { DoctorOptions } from "./report.js";
import { sizeRelation } from "./size-relation.js";
import { type LabelledRecord, maskFile, type SampleRecord, type Survey, surveyDataset } from "./survey.js";

/** A file that is not in the copy, and why. */
export interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

/** What was written. Plain JSON. */
export interface MendReport {
  readonly version: 1;
  readonly out: string;
  /** Images written, by split. */
  readonly written: Readonly<Record<string, number>>;
  /** Masks whose values changed by more than the way they are stored, and images that were turned upright. */
  readonly resized: number;
  readonly turned: number;
  /** Pixels that took the nearest known value or colour. */
  readonly snappedPixels: number;
  /** Pixels that were no class and became void. */
  readonly voidedPixels: number;
  readonly leftOut: readonly LeftOut[];
}

/** Why a sample cannot be part of the copy; `undefined` when it can. */
function hindrance(record: SampleRecord): LeftOut | undefined {
  const { sample, image, mask, imageError, maskError } = record;
  if (imageError) return { file: sample.image, reason: imageError };
  if (maskError) return { file: maskFile(record), reason: maskError };
  if (image && !image.moments) return { file: sample.image, reason: `the image has ${image.channels} channels` };
  if (mask && sizeRelation(record as LabelledRecord) === "other")
    return { file: maskFile(record), reason: "neither size nor aspect are those of the image" };
  return undefined;
}

/** A name under the output folder: ids of list files may lead out of it (`../x`) or start at the root. */
function safeName(id: string): string {
  return id
    .split(/[/\\]/)
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/")
    .replaceAll(":", "_");
}

interface Written {
  readonly repaired?: Repaired;
  readonly relation: string;
}

async function writeSample(
  record: SampleRecord,
  folder: string,
  dataset: Dataset,
  repair: ReturnType<typeof repairer>,
): Promise<Written> {
  const { split, sample, image } = record;
  const name = safeName(sample.id);
  const relation = record.mask ? sizeRelation(record as LabelledRecord) : "equal";
  const isTurned = relation === "turned";
  const target = join(folder, split, "images", `${name}${isTurned ? ".png" : extname(sample.image)}`);
  mkdirSync(dirname(target), { recursive: true });
  if (isTurned) writeFileAtomic(target, await sharp(sample.image).autoOrient().png().toBuffer());
  else copyFileSync(sample.image, target);
  const { decode } = sample;
  if (decode.kind === "none") return { relation };
  const repaired: Repaired =
    decode.kind === "shapes"
      ? { mask: rasterise(decode), outOfRange: 0, snapped: 0 }
      : repair(await readRawMask(sample.mask!));
  const sized: Mask = relation === "scaled" ? resizeMask(repaired.mask, image!.height, image!.width) : repaired.mask;
  await writeIndexPng(join(folder, split, "masks", `${name}.png`), sized, paletteOf(dataset));
  return { repaired, relation };
}

const paletteOf = ({ classes }: Dataset) => {
  const colours = [...classes.colours];
  const first = classes.voids[0];
  if (first && classes.ignoreIndex === 255) colours[255] = first.colour;
  return colours;
};

/** A quarter turn without a rotation tag in the image cannot be put right: nothing says which way. */
async function turnedWithoutTag(record: SampleRecord): Promise<LeftOut | undefined> {
  if (!record.mask || sizeRelation(record as LabelledRecord) !== "turned") return undefined;
  const { orientation = 1 } = await sharp(record.sample.image).metadata();
  return orientation >= 5
    ? undefined
    : { file: maskFile(record), reason: "the mask lies on its side and the image has no rotation tag" };
}

/** Where the copy is made before it gets its name, so that a copy broken off is never taken for a whole one. */
function prepare(out: string): string {
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UsageError({
      expected: "a new or empty folder for the mended copy",
      found: `${out} is not empty`,
      next: "Choose another folder.",
    });
  const partial = `${out}.partial`;
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
  } catch (cause) {
    throw writeError(out, cause);
  }
  return partial;
}

async function writeCopy(
  survey: Survey,
  folder: string,
  options: DoctorOptions,
): Promise<Omit<MendReport, "out" | "version">> {
  const { dataset, records } = survey;
  const repair = repairer(survey);
  const leftOut: LeftOut[] = dataset.issues.map(({ file, kind }) => ({ file, reason: kind.replaceAll("-", " ") }));
  const kept: SampleRecord[] = [];
  for (const record of records) {
    const reason = hindrance(record) ?? (await turnedWithoutTag(record));
    if (reason) leftOut.push(reason);
    else kept.push(record);
  }
  const results = await mapConcurrent(
    kept,
    4,
    (record) => writeSample(record, folder, dataset, repair),
    (done) => options.onProgress?.(2 * records.length - kept.length + done, 2 * records.length),
  );
  const json = classTableToJson(normalised(dataset.classes), {
    name: dataset.name,
    ...(dataset.bands ? { bands: dataset.bands } : {}),
  });
  writeFileAtomic(join(folder, "classes.json"), `${JSON.stringify(json, null, 1)}\n`);
  const written: Record<string, number> = {};
  for (const { split } of kept) written[split] = (written[split] ?? 0) + 1;
  return {
    written,
    resized: results.filter(({ relation }) => relation === "scaled").length,
    turned: results.filter(({ relation }) => relation === "turned").length,
    snappedPixels: results.reduce((sum, { repaired }) => sum + (repaired?.snapped ?? 0), 0),
    voidedPixels: results.reduce((sum, { repaired }) => sum + (repaired?.outOfRange ?? 0), 0),
    leftOut,
  };
}

/**
 * Writes a mended copy of a data set: `{train,val,test}/{images,masks}` and `classes.json`; images byte for byte, masks as
 * index PNG. The splits are those the set was opened with.
 *
 * Mended: 0/255, values counted from 1, stretched greys, colour codes, blurred masks (nearest known value), sizes of the same
 * aspect, rotation tags. Left out and listed: unreadable files, images without masks and the reverse, sizes that do not fit.
 *
 * @throws UsageError when `out` is not empty; DataError when there is no data set; FileError when the disk refuses.
 */
export async function mendDataset(
  set: string | Dataset,
  out: string,
  options: DoctorOptions = {},
): Promise<MendReport> {
  const target = resolve(out);
  const dataset = typeof set === "string" ? await openLeniently(set, options) : set;
  const folder = prepare(target);
  try {
    // The set is read twice, once to see what is wrong and once to write: progress counts both.
    const survey = await surveyDataset(dataset, { onProgress: (done, total) => options.onProgress?.(done, 2 * total) });
    const report = await writeCopy(survey, folder, options);
    rmSync(target, { recursive: true, force: true });
    renameSync(folder, target);
    return { version: 1, out: target, ...report };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error instanceof Error && "code" in error && typeof error.code === "string" ? writeError(out, error) : error;
  }
}

/** The mending as text for people. */
export function formatMending({
  out,
  written,
  resized,
  turned,
  snappedPixels,
  voidedPixels,
  leftOut,
}: MendReport): string {
  const splits = Object.entries(written).map(([split, n]) => `${split} ${n}`);
  const done = [
    resized > 0 ? `${resized} masks resized to their images` : "",
    turned > 0 ? `${turned} images turned upright` : "",
    snappedPixels > 0 ? `${snappedPixels} mask pixels took the nearest known value` : "",
    voidedPixels > 0 ? `${voidedPixels} mask pixels were no class and became void` : "",
  ].filter((line) => line !== "");
  return [
    `Wrote ${out}: ${splits.join(", ") || "nothing"}.`,
    ...done.map((line) => `  ${line}`),
    ...(leftOut.length > 0
      ? [`Left out ${leftOut.length}:`, ...leftOut.map(({ file, reason }) => `  ${file}: ${reason}`)]
      : []),
    "",
  ].join("\n");
}
