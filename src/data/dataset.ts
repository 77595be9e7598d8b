/** @file Opens a data set: finds its layout, classes, mask encoding, channels and splits, and hands out samples. */
import { basename, resolve } from "node:path";
import { DataError } from "../errors/index.js";
import { readRasterInfo } from "../raster/formats.js";
import { readRawMask } from "../raster/read-mask.js";
import { mapConcurrent } from "../util/concurrent.js";
import { type ClassFile, findClassFile, readClassFile } from "./class-file.js";
import type { ClassTable } from "./classes.js";
import { decodingOf, type EncodingName, gatherEvidence, inferEncoding } from "./encoding.js";
import { addSources, type FewLabelOptions } from "./few-labels/index.js";
import type { Found, LayoutEntry } from "./layouts/layout.js";
import { type LayoutName, readLayout } from "./layouts/layouts.js";
import { type MaskSummary, summarise } from "./mask-summary.js";
import type { LayoutIssue } from "./pairs.js";
import type { MaskDecoding, Sample } from "./sample.js";
import { splitByFold, splitBySeed } from "./split.js";

/** Options of `openDataset`; whatever is left out is found out. */
export interface DatasetOptions extends FewLabelOptions {
  /** The layout, when it is not to be recognised (`unlabelled` for a folder of images). */
  readonly layout?: LayoutName;
  /** A class file elsewhere than in the folder. */
  readonly classes?: string;
  /** How masks encode classes, when it is not to be recognised. */
  readonly encoding?: EncodingName;
  /** Channels of the images, when it is not to be found out (4 makes the opacity of RGBA files a band). */
  readonly channels?: number;
  /** Seed of seeded splits and folds. Default 1. */
  readonly seed?: number;
  /** Share of images taken for validation where the set has no such split, 0..1. Default 0.2. */
  readonly validation?: number;
  /** Share taken for test where the set is not split at all, 0..1. Default 0. */
  readonly test?: number;
  /** Fold `index` (1 to count) of `count`: train and val images together are split anew. */
  readonly fold?: { readonly index: number; readonly count: number };
  /** Images without a mask among images with masks: an error, left out, or kept as unlabelled. Default `error`. */
  readonly unpaired?: "error" | "skip" | "unlabelled";
}

/** An opened data set. Plain JSON. */
export interface Dataset {
  readonly name: string;
  readonly path: string;
  readonly layout: LayoutName;
  readonly encoding: EncodingName;
  readonly classes: ClassTable;
  /** Where the classes come from: a file, the layout, or the masks. */
  readonly classesFrom: string;
  readonly channels: number;
  /** Names of the channels, when the class file gives them. */
  readonly bands?: readonly string[];
  /** Samples by split: `train`, `val`, `test`, `unlabelled`, `hidden`, as far as there are any. */
  readonly splits: Readonly<Record<string, readonly Sample[]>>;
  /** How the splits came about, in words. */
  readonly splitRule: string;
  /** What is wrong with files before any is opened. */
  readonly issues: readonly LayoutIssue[];
}

/** How many masks are read to recognise the encoding, and how many to find out the classes when nothing names them. */
const masksForEncoding = 48;
const masksForClasses = 2000;
const imagesForChannels = 64;
const readers = 4;

/** Up to `count` items, evenly over the list. */
function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}

const issueTexts: Readonly<Record<LayoutIssue["kind"], { expected: string; found: string; next: string }>> = {
  "image-without-mask": {
    expected: "a mask for each image",
    found: "has no mask",
    next: "Add the masks, or open the set with unpaired: skip or unlabelled.",
  },
  "mask-without-image": {
    expected: "an image for each mask",
    found: "has no image",
    next: "Remove the masks or add their images.",
  },
  "same-name": {
    expected: "one image and one mask of each name",
    found: "has the name of another",
    next: "Rename or remove one of the two.",
  },
  "empty-split": {
    expected: "images in each split",
    found: "has no images",
    next: "Add images, or remove the empty folder or list.",
  },
  "missing-file": {
    expected: "the files that the list names",
    found: "is missing",
    next: "Correct the list, or add the file.",
  },
};

/** Kinds with which no training makes sense; a mask too many does no harm. */
const fatal: readonly LayoutIssue["kind"][] = ["missing-file", "empty-split", "same-name", "image-without-mask"];

/** One sentence for all issues of a kind, e.g. `3 images ... the first is a.png`. */
export function describeIssue(issues: readonly LayoutIssue[]): {
  expected: string;
  found: string;
  next: string;
  file: string;
} {
  const [{ kind, file, split }, more] = [issues[0]!, issues.length - 1];
  const text = issueTexts[kind];
  const place = split === "all" ? "" : ` (split ${split})`;
  return { ...text, file, found: `${text.found}${place}${more > 0 ? `, like ${more} more` : ""}` };
}

function raiseIssues(issues: readonly LayoutIssue[], unpaired: DatasetOptions["unpaired"]): void {
  for (const kind of fatal) {
    const same = issues.filter((issue) => issue.kind === kind);
    if (same.length > 0 && !(kind === "image-without-mask" && unpaired !== "error"))
      throw new DataError(describeIssue(same));
  }
}

const isLabelled = ({ mask, shapes }: LayoutEntry) => mask !== undefined || shapes !== undefined;

/** Masks as far as they can be read; broken ones are the doctor's to report. */
async function summariseMasks(entries: readonly LayoutEntry[], count: number): Promise<MaskSummary[]> {
  const files = evenly(
    entries.flatMap(({ mask }) => mask ?? []),
    count,
  );
  const summaries = await mapConcurrent(files, readers, async (file) => {
    try {
      return summarise(await readRawMask(file));
    } catch {
      return undefined;
    }
  });
  return summaries.filter((summary) => summary !== undefined);
}

/** The channels of most of the images looked at; grey ones count as colour when there are colour images too. */
async function findChannels(entries: readonly LayoutEntry[]): Promise<number> {
  const infos = await mapConcurrent(evenly(entries, imagesForChannels), readers, ({ image }) =>
    readRasterInfo(image).catch(() => undefined),
  );
  const counts = new Map<number, number>();
  for (const info of infos) if (info) counts.set(info.channels, (counts.get(info.channels) ?? 0) + 1);
  if (counts.has(3)) counts.delete(1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 3;
}

interface Labels {
  readonly encoding: EncodingName;
  readonly table: ClassTable;
  readonly from: string;
}

async function findLabels(
  found: Found,
  entries: readonly LayoutEntry[],
  classFile: ClassFile | undefined,
  options: DatasetOptions,
): Promise<Labels> {
  const { foregroundOnly = false, classes } = found;
  if (classes && entries.some(({ shapes }) => shapes)) {
    // The class indices of shapes follow the annotation file, so its own categories name them.
    return { encoding: "shapes", table: classes, from: "the annotation file" };
  }
  const file = foregroundOnly ? undefined : classFile;
  const table = file?.table ?? classes;
  const summaries = await summariseMasks(entries, table ? masksForEncoding : masksForClasses);
  const known = { table, hasColours: file?.hasColours ?? classes !== undefined, foregroundOnly };
  const from =
    file?.file ??
    (classes ? `the layout (${foregroundOnly ? "foreground contest" : "Pascal VOC"})` : "the values in the masks");
  return { ...inferEncoding(gatherEvidence(summaries), known, options.encoding), from };
}

/** The splits of the layout, made complete: a seeded val where there is none, K folds on request. */
function arrangeSplits(
  found: Found,
  options: DatasetOptions,
): { splits: Record<string, readonly LayoutEntry[]>; rule: string } {
  const { seed = 1, validation = 0.2, test = 0, fold } = options;
  const { all, train, val, ...others } = found.splits;
  if (fold) {
    const pool = [...(all ?? []), ...(train ?? []), ...(val ?? [])];
    return {
      splits: { ...splitByFold(pool, { seed, ...fold }), ...others },
      rule: `fold ${fold.index} of ${fold.count}, seed ${seed}`,
    };
  }
  const whole = all ?? (val ? undefined : train);
  if (!whole?.some(isLabelled))
    return {
      splits: { ...(all ? { unlabelled: all } : {}), ...(train ? { train } : {}), ...(val ? { val } : {}), ...others },
      rule: "by the data set itself",
    };
  const parts = splitBySeed(whole, { seed, validation, test: all ? test : 0 });
  const kept = Object.fromEntries(Object.entries(parts).filter(([, entries]) => entries.length > 0));
  const shares = `${Math.round(validation * 100)} % for validation${all && test > 0 ? `, ${Math.round(test * 100)} % for test` : ""}`;
  return {
    splits: { ...kept, ...others },
    rule: `${all ? "all images" : "the training images"} split by seed ${seed}: ${shares}`,
  };
}

function toSample(entry: LayoutEntry, channels: number, decode: MaskDecoding): Sample {
  const { id, image, mask, shapes } = entry;
  const { numClasses, ignoreIndex } = decode;
  if (shapes)
    return {
      id,
      image,
      channels,
      ...(mask ? { mask } : {}),
      decode: { kind: "shapes", numClasses, ignoreIndex, ...shapes },
    };
  if (mask === undefined) return { id, image, channels, decode: { kind: "none", numClasses, ignoreIndex } };
  return { id, image, mask, channels, decode };
}

/** Opens without raising layout issues, which come in `issues`: for the doctor, which reports all of them at once. */
export async function openLeniently(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const root = resolve(path);
  const { layout, found } = await readLayout(root, options.layout);
  const keep = (entry: LayoutEntry, split: readonly LayoutEntry[]) =>
    isLabelled(entry) || options.unpaired === "unlabelled" || !split.some(isLabelled);
  const usable: Found = {
    ...found,
    splits: Object.fromEntries(
      Object.entries(found.splits).map(([name, split]) => [name, split.filter((entry) => keep(entry, split))]),
    ),
  };
  const { splits, rule } = arrangeSplits(usable, options);
  const entries = Object.values(usable.splits).flat();
  const classFile = options.classes ? await readClassFile(options.classes) : await findClassFile(found.folder);
  const { encoding, table, from } = await findLabels(usable, entries.filter(isLabelled), classFile, options);
  const bands = classFile?.bands;
  const channels = options.channels ?? bands?.length ?? (await findChannels(entries));
  const { numClasses, ignoreIndex } = table;
  const decode: MaskDecoding =
    encoding === "shapes" ? { kind: "none", numClasses, ignoreIndex } : decodingOf(encoding, table);
  return {
    name: basename(root),
    path: root,
    layout,
    encoding,
    classes: table,
    classesFrom: from,
    channels,
    ...(bands?.length === channels ? { bands } : {}),
    splits: Object.fromEntries(
      Object.entries(splits).map(([name, split]) => [name, split.map((entry) => toSample(entry, channels, decode))]),
    ),
    splitRule: rule,
    issues: found.issues,
  };
}

/**
 * Opens the data set at a path, in any layout of the table in layouts/layouts.ts.
 *
 * @throws DataError when the path is missing, in no layout, a split is empty, a listed file is missing or an image has no mask;
 *   for what `addSources` refuses; UsageError when a fold or share is impossible.
 * @example
 * const { classes, splits } = await openDataset("camvid"); // classes.numClasses 11, splits.train.length 367
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const dataset = await openLeniently(path, options);
  raiseIssues(dataset.issues, options.unpaired ?? "error");
  const labelled = Object.values(dataset.splits).some((samples) =>
    samples.some(({ decode }) => decode.kind !== "none"),
  );
  if (!labelled && dataset.layout !== "unlabelled")
    throw new DataError({
      file: dataset.path,
      expected: "images with masks",
      found: "no image has a mask",
      next: "Put the masks beside the images; to use images without masks, open the folder with the layout unlabelled.",
    });
  const { channels, classes } = dataset;
  return { ...dataset, ...(await addSources(dataset, { channels, ...classes }, options)) };
}
