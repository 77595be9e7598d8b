/** @file Two runs side by side: choices in which they differ, and scores on the images that both were evaluated on. */
import { DataError, UsageError } from "../errors/index.js";
import { type BootstrapOptions, type ImageCounts, type PairedDifference, pairedBootstrap } from "../metrics/index.js";
import { nearestNames } from "../util/nearest.js";
import { differingFields, type FieldDifference, type Fields } from "./plan-fields.js";
import { readRun } from "./read-run.js";
import { choicesOf, runFields } from "./run-fields.js";
import { dataName, type RunRecord } from "./run-record.js";
import { readScores, type ScoreFile, scoreFiles } from "./score-file.js";

/** Mean IoU of two runs on the same images, with the bootstrap interval of the difference; the same for each class. */
export interface ScoreComparison {
  readonly data: string;
  readonly split: string;
  readonly images: number;
  readonly mean: PairedDifference;
  readonly classes: readonly ({ readonly name: string } & PairedDifference)[];
  /** Part of the resamples in which the second run is better. */
  readonly share: number;
  readonly resamples: number;
  readonly seed: number;
}

export interface RunComparison {
  /** Names of the runs. */
  readonly runs: readonly [string, string];
  readonly plan: readonly FieldDifference[];
  /** Fields of the runs beside their plans: status, steps, minutes, best validation score, ... */
  readonly facts: readonly FieldDifference[];
  /** Null where the two were not evaluated on the same split. */
  readonly scores: ScoreComparison | null;
  readonly notes: readonly string[];
}

const resamples = 2000;

/** Facts of a run that two runs of one plan may differ in. */
const comparedFacts = [
  "status",
  "steps",
  "epochs",
  "minutes",
  "val",
  "valStep",
  "round",
  "folds",
  "folds.mean.mIoU",
  "folds.spread.mIoU",
  "folds.pooled.mIoU",
  "segkit",
  "commit",
  "machine",
  "dataHash",
];

const factsOf = (run: RunRecord): Fields => {
  const fields = runFields(run);
  return new Map(
    comparedFacts.flatMap((name) => {
      const value = fields.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
};

interface Side {
  readonly run: RunRecord;
  readonly files: readonly ScoreFile[];
}

const sideOf = (runDir: string): Side => ({ run: readRun(runDir), files: scoreFiles(runDir).map(readScores) });

const labelOf = ({ data, split }: ScoreFile): string => `${data}/${split}`;

/** Pairs of score files of one data set and split. */
function pairsOf(first: Side, second: Side): [ScoreFile, ScoreFile][] {
  return first.files.flatMap((a) => {
    const b = second.files.find((file) => labelOf(file) === labelOf(a));
    return b ? [[a, b] as [ScoreFile, ScoreFile]] : [];
  });
}

/** Splits in the order in which they are preferred; test says more than what the weights were chosen by. */
const rank = ({ split }: ScoreFile): number => (["test", "val"].indexOf(split) + 3) % 3;

/** The pair to compare; undefined where there is none and none was asked for. @throws UsageError */
function choosePair(first: Side, second: Side, wanted: string | undefined): [ScoreFile, ScoreFile] | undefined {
  const own = dataName(first.run.plan);
  const pairs = pairsOf(first, second).sort(
    ([a], [b]) => rank(a) - rank(b) || Number(a.data !== own) - Number(b.data !== own),
  );
  if (wanted === undefined) return pairs[0];
  const found = pairs.find(([a]) => a.split === wanted || labelOf(a) === wanted);
  if (found) return found;
  const have = ({ run, files }: Side): string =>
    `${run.name} has ${files.length > 0 ? files.map(labelOf).join(", ") : "none"}`;
  const near = nearestNames(
    wanted,
    pairs.flatMap(([a]) => [a.split, labelOf(a)]),
    1,
  );
  throw new UsageError({
    expected: `scores of both runs on split ${wanted}`,
    found: `of images, ${have(first)}; ${have(second)}`,
    next: near.length > 0 ? `Did you mean --split ${near[0]}?` : `segkit eval RUN --split ${wanted} makes them.`,
  });
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;

/** How two evaluations differ in what they measured; undefined where they can be compared. */
function obstacle(a: ScoreFile, b: ScoreFile, [first, second]: readonly [string, string]): string | undefined {
  if (a.classes.join("\n") !== b.classes.join("\n"))
    return `${first} has the classes ${listed(a.classes)}, ${second} ${listed(b.classes)}`;
  const names = (file: ScoreFile): Set<string> => new Set(file.images.map(({ name }) => name));
  const [inA, inB] = [names(a), names(b)];
  const onlyA = [...inA].filter((name) => !inB.has(name));
  const onlyB = [...inB].filter((name) => !inA.has(name));
  if (onlyA.length + onlyB.length > 0) {
    const parts = [
      ...(onlyA.length > 0 ? [`only ${first} has ${listed(onlyA)}`] : []),
      ...(onlyB.length > 0 ? [`only ${second} has ${listed(onlyB)}`] : []),
    ];
    return `${first} was scored on ${inA.size} images, ${second} on ${inB.size}: ${parts.join(", ")}`;
  }
  // Before the masks: another size explains why the pixels differ.
  for (const key of ["size", "absent"] as const)
    if (JSON.stringify(a.settings[key]) !== JSON.stringify(b.settings[key])) {
      const said = ({ settings }: ScoreFile): string =>
        key === "absent"
          ? `with the rule ${settings.absent} for absent classes`
          : settings.size
            ? `at ${settings.size.join("x")}`
            : "at the size of each mask";
      return `${first} was scored ${said(a)}, ${second} ${said(b)}`;
    }
  const truth = new Map(b.images.map((image) => [image.name, image.truth.join()]));
  const other = a.images.filter(({ name, truth: own }) => truth.get(name) !== own.join()).map(({ name }) => name);
  return other.length > 0 ? `the masks of ${other.length} images differ (${listed(other)})` : undefined;
}

/** Ways of prediction in which two evaluations differ: no obstacle, but to be known. */
function settingNotes(a: ScoreFile, b: ScoreFile, [first, second]: readonly [string, string]): string[] {
  return (["symmetries", "inputSize", "tiles"] as const).flatMap((key) => {
    const [p, q] = [a, b].map(({ settings }) => JSON.stringify(settings[key] ?? "by the model")) as [string, string];
    return p === q ? [] : [`predicted in other ways: ${key} ${p} for ${first}, ${q} for ${second}`];
  });
}

function scoresOf(
  [a, b]: readonly [ScoreFile, ScoreFile],
  names: readonly [string, string],
  options: BootstrapOptions,
): ScoreComparison {
  const found = obstacle(a, b, names);
  if (found !== undefined)
    throw new DataError({
      expected: `both runs scored on the same images and masks of ${labelOf(a)}`,
      found,
      next: "Evaluate both alike: segkit eval RUN DATA --split SPLIT; or compare another --split.",
    });
  const inB = new Map(b.images.map((image) => [image.name, image]));
  const pairs = a.images.map((image): [ImageCounts, ImageCounts] => [image, inB.get(image.name)!]);
  const seed = options.seed ?? 1;
  const { mean, classes, share } = pairedBootstrap(
    pairs.map(([one]) => one),
    pairs.map(([, one]) => one),
    { resamples, seed, absent: a.settings.absent },
  );
  return {
    data: a.data,
    split: a.split,
    images: pairs.length,
    mean,
    classes: classes.map((one, k) => ({ name: a.classes[k]!, ...one })),
    share,
    resamples,
    seed,
  };
}

export interface CompareOptions {
  /** Split, or DATA/SPLIT; default test where both have it, else val, else any that both have. */
  readonly split?: string;
  /** Seed of the bootstrap; default 1. */
  readonly seed?: number;
}

/**
 * Compares two run folders.
 *
 * @throws CheckpointError for a folder that is no run or damaged scores; UsageError for a split that not both have; DataError,
 *   saying how, when they were scored on other images, masks, classes or sizes.
 */
export function compareRunFolders(
  first: string,
  second: string,
  { split, ...options }: CompareOptions = {},
): RunComparison {
  const [a, b] = [sideOf(first), sideOf(second)];
  // Folders of one name in different places are told apart by their paths.
  const names: readonly [string, string] = a.run.name === b.run.name ? [first, second] : [a.run.name, b.run.name];
  const pair = choosePair(a, b, split);
  const stale = (pair ?? []).flatMap(({ step }, i) => {
    const { best, step: last } = [a, b][i]!.run;
    const now = best?.step ?? last;
    return step === now ? [] : [`the scores of ${names[i]} are of step ${step}, its best weights now of step ${now}`];
  });
  return {
    runs: names,
    plan: differingFields(choicesOf(a.run), choicesOf(b.run)),
    facts: differingFields(factsOf(a.run), factsOf(b.run)),
    scores: pair ? scoresOf(pair, names, options) : null,
    notes: [
      ...stale,
      ...(pair
        ? settingNotes(...pair, names)
        : ["no split was evaluated with both runs: segkit eval RUN DATA --split test makes scores to compare"]),
    ],
  };
}
