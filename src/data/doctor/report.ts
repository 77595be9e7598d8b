/** @file The doctor's report: findings, class frequencies with suggested weights, image statistics. */
import { DataError } from "../../errors/index.js";
import type { ClassTable } from "../classes.js";
import { type Dataset, type DatasetOptions, openLeniently } from "../dataset.js";
import type { EncodingName } from "../encoding.js";
import type { LayoutName } from "../layouts/layouts.js";
import {
  type ChannelStatistics,
  channelStatistics,
  classWeights,
  countClasses,
  type WeightRule,
  weightRules,
} from "../statistics.js";
import { checks } from "./checks.js";
import type { Finding, FindingLevel } from "./finding.js";
import { labelled, type Survey, type SurveyOptions, surveyDataset } from "./survey.js";

/** How often a class occurs in the training images. */
export interface ClassFrequency {
  readonly name: string;
  /** Its value in the mask files. */
  readonly value: number;
  readonly pixels: number;
  /** Share of all labelled pixels, 0..1. */
  readonly share: number;
  /** Number of images it occurs in. */
  readonly images: number;
}

/** What `segkit doctor --json` prints. `version` changes when a field changes its meaning. */
export interface DoctorReport {
  readonly version: 1;
  readonly dataset: {
    readonly name: string;
    readonly path: string;
    readonly layout: LayoutName;
    readonly encoding: EncodingName;
    readonly splitRule: string;
    readonly classesFrom: string;
    readonly channels: number;
    readonly bands?: readonly string[];
    readonly classes: ClassTable;
  };
  /** Images of each split, and how many of them have labels. */
  readonly splits: Readonly<Record<string, { readonly images: number; readonly labelled: number }>>;
  /** Samples looked at, of all there are. */
  readonly surveyed: number;
  readonly total: number;
  readonly findings: readonly Finding[];
  /** Number of findings of each level. */
  readonly counts: Readonly<Record<FindingLevel, number>>;
  /** Classes of the training images. */
  readonly frequencies: readonly ClassFrequency[];
  /** Suggested weight of each class, by rule. */
  readonly weights: Readonly<Record<WeightRule, readonly number[]>>;
  /** Share of void pixels in the training masks, and pixels that are no class. */
  readonly ignoredShare: number;
  readonly outOfRange: number;
  /** Statistics of the training images' channels, in the units of the files. */
  readonly statistics?: ChannelStatistics;
}

/** Findings and figures of a survey. */
export function reportOf(survey: Survey): DoctorReport {
  const { dataset, records, total } = survey;
  const { name, path, layout, encoding, splitRule, classesFrom, channels, bands, classes } = dataset;
  const findings = Object.values(checks).flatMap((check) => check(survey));
  const train = labelled(survey, "train");
  const counts = countClasses(
    train.map(({ mask }) => mask.classPixels),
    classes.numClasses,
  );
  const labelledPixels = counts.pixels.reduce((sum, n) => sum + n, 0);
  const ignored = train.reduce((sum, { mask }) => sum + mask.ignored, 0);
  const outOfRange = train.reduce((sum, { mask }) => sum + mask.outOfRange, 0);
  const moments = records.filter(({ split }) => split === "train").flatMap(({ image }) => image?.moments ?? []);
  const statistics = channelStatistics(moments);
  const level = (wanted: FindingLevel) => findings.filter((finding) => finding.level === wanted).length;
  return {
    version: 1,
    dataset: { name, path, layout, encoding, splitRule, classesFrom, channels, ...(bands ? { bands } : {}), classes },
    splits: Object.fromEntries(
      Object.entries(dataset.splits).map(([split, samples]) => [
        split,
        { images: samples.length, labelled: samples.filter(({ decode }) => decode.kind !== "none").length },
      ]),
    ),
    surveyed: records.length,
    total,
    findings,
    counts: { error: level("error"), warning: level("warning"), note: level("note") },
    frequencies: classes.names.map((className, i) => ({
      name: className,
      value: classes.values[i]!,
      pixels: counts.pixels[i]!,
      share: counts.pixels[i]! / Math.max(1, labelledPixels),
      images: counts.images[i]!,
    })),
    weights: Object.fromEntries(weightRules.map((rule) => [rule, classWeights(counts, rule)])) as Record<
      WeightRule,
      number[]
    >,
    ignoredShare: ignored / Math.max(1, ignored + outOfRange + labelledPixels),
    outOfRange,
    ...(statistics ? { statistics } : {}),
  };
}

/** Options of the doctor: how to open the set, and how much to look at. */
export interface DoctorOptions extends DatasetOptions, SurveyOptions {}

/**
 * Examines a data set, by path or already opened.
 *
 * @throws DataError when there is no data set at the path; everything else wrong with it is in the findings.
 * @example
 * const report = await runDoctor("camvid");
 * report.counts; // { error: 0, warning: 0, note: 1 }
 */
export async function runDoctor(set: string | Dataset, options: DoctorOptions = {}): Promise<DoctorReport> {
  const dataset = typeof set === "string" ? await openLeniently(set, options) : set;
  return reportOf(await surveyDataset(dataset, options));
}

/** Raises the errors of a report as one, as training does before it begins. @throws DataError when the report has errors. */
export function requireHealthy({ findings, dataset }: DoctorReport): void {
  const errors = findings.filter(({ level }) => level === "error");
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const isMendable = errors.every(({ fix }) => fix);
  throw new DataError({
    file: first.files[0] ?? dataset.path,
    expected: "a data set without errors",
    found: `${first.message.replace(/\.$/, "")}${more}`,
    next: `Run segkit doctor ${dataset.path} for the whole report${isMendable ? "; --fix writes a mended copy" : ""}.`,
  });
}
