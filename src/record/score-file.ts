/**
 * @file Scores of a run on the images of a split, as whole numbers of pixels: `scores/<split>.json` of the run folder, or
 * `scores/<data set>/<split>.json` for another data set than the run's own. The latest evaluation of a split counts.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError } from "../errors/index.js";
import { type AbsentRule, meanOverClasses } from "../metrics/index.js";
import type { EvaluateOptions, EvaluationResult } from "../predict/evaluate.js";
import { writeFileAtomic } from "../util/files.js";

const counts = z.array(z.int().min(0));
const absentRules = ["skip", "zero", "one", "poison", "present-in-truth"] as const satisfies readonly AbsentRule[];

const settingsSchema = z.object({
  /** Size at which masks were compared; null: each at its own. */
  size: z.array(z.int()).nullable(),
  /** Null: by the rule of the model. */
  inputSize: z.union([z.array(z.int()), z.string()]).nullable(),
  tiles: z.record(z.string(), z.unknown()).nullable(),
  symmetries: z.string(),
  absent: z.enum(absentRules),
});
/** What of an evaluation changes its scores. */
export type ScoreSettings = z.output<typeof settingsSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  /** Name of the data set. */
  data: z.string(),
  split: z.string(),
  /** Step of the weights. */
  step: z.int(),
  settings: settingsSchema,
  /** Names. */
  classes: z.array(z.string()),
  /** Pixels by class, one number each. */
  images: z.array(z.object({ name: z.string(), intersections: counts, unions: counts, truth: counts })),
});
export type ScoreFile = z.output<typeof fileSchema>;

/** Scores of all images of a score file together. */
export interface TotalScores {
  readonly meanIou: number;
  readonly pixelAccuracy: number;
  readonly classes: readonly { name: string; intersection: number; union: number; truth: number }[];
}

export const settingsOf = ({ size, inputSize, tiles, symmetries, absent }: EvaluateOptions): ScoreSettings => ({
  size: size ? [...size] : null,
  inputSize: inputSize === undefined ? null : typeof inputSize === "string" ? inputSize : [...inputSize],
  tiles: tiles ? { ...tiles } : null,
  symmetries: symmetries ?? "none",
  absent: absent ?? "skip",
});

/** Names made unique: in all splits together two images may have the same. */
function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** What a score file says of an evaluation. */
export function scoreFileOf(
  result: EvaluationResult,
  about: Pick<ScoreFile, "data" | "split" | "step" | "settings">,
): ScoreFile {
  const names = unique(result.images.map(({ name }) => name));
  return {
    version: 1,
    ...about,
    classes: result.table.classes.map(({ name }) => name),
    images: result.images.map(({ counts: { intersections, unions, truth } }, i) => ({
      name: names[i]!,
      intersections: Array.from(intersections),
      unions: Array.from(unions),
      truth: Array.from(truth),
    })),
  };
}

const scoreFolder = (runDir: string): string => join(runDir, "scores");

/**
 * Writes the scores into a run folder, in place of those of the same data set and split.
 *
 * @param own name of the run's own data set
 * @throws FileError
 */
export function writeScores(runDir: string, own: string, scores: ScoreFile): void {
  const folder = scores.data === own ? scoreFolder(runDir) : join(scoreFolder(runDir), scores.data);
  const { images, ...about } = scores;
  // One image a line: a file of thousands stays readable and is not blown up by indentation.
  const lines = images.map((image) => `    ${JSON.stringify(image)}`);
  const head = JSON.stringify(about, null, 2).replace(/\n}$/, "");
  writeFileAtomic(join(folder, `${scores.split}.json`), `${head},\n  "images": [\n${lines.join(",\n")}\n  ]\n}\n`);
}

/** Paths of all score files of a run, sorted. */
export function scoreFiles(runDir: string): string[] {
  const folder = scoreFolder(runDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json") && !/(^|[\\/])\./.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** Reads a score file. @throws CheckpointError when it is damaged. */
export function readScores(file: string): ScoreFile {
  try {
    const scores = fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    const width = scores.classes.length;
    const misshapen = scores.images.find((image) =>
      [image.intersections, image.unions, image.truth].some(({ length }) => length !== width),
    );
    if (misshapen) throw new Error(`image ${misshapen.name} has not ${width} numbers`);
    return scores;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).split("\n")[0]! : (cause as Error).message;
    throw new CheckpointError(
      { expected: "scores of images", found: `${file} is damaged (${reason})`, next: "Evaluate again: segkit eval." },
      { cause },
    );
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

/** Mean IoU and pixel accuracy of pixels by class; NaN where nothing was counted. */
export function totalsOf(classes: TotalScores["classes"], absent: AbsentRule): TotalScores {
  const iou = classes.map(({ intersection, union }) => intersection / union);
  const truth = classes.map((one) => one.truth);
  return {
    meanIou: meanOverClasses(iou, absent, truth),
    pixelAccuracy: sum(classes.map(({ intersection }) => intersection)) / sum(truth),
    classes,
  };
}

/** The scores of all images of a file together. */
export function totalScores({ classes, images, settings }: ScoreFile): TotalScores {
  const total = (field: "intersections" | "unions" | "truth", k: number): number =>
    sum(images.map((image) => image[field][k]!));
  const rows = classes.map((name, k) => ({
    name,
    intersection: total("intersections", k),
    union: total("unions", k),
    truth: total("truth", k),
  }));
  return totalsOf(rows, settings.absent);
}
