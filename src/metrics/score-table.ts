/** @file ScoreTable: every region score of a confusion matrix in one structure, and as text that says what was left out. */
import { UsageError } from "../errors/index.js";
import type { ConfusionMatrix, OutOfRangeRule } from "./confusion.js";
import type { AbsentRule } from "./mean.js";
import {
  classDice,
  classIou,
  classPrecision,
  classRecall,
  correctPixels,
  countedPixels,
  frequencyWeightedIou,
  kappa,
  meanDice,
  meanIou,
  meanPixelAccuracy,
  microDice,
  microIou,
  pixelAccuracy,
} from "./scores.js";

/**
 * `counted`: the class has true pixels. `predicted-only`: it has none, yet was predicted (IoU 0). `absent`: it is in neither map
 * (IoU 0/0). `ignored`: the class is `ignoreIndex`.
 */
export type ClassState = "counted" | "predicted-only" | "absent" | "ignored";

export interface ClassScores {
  readonly index: number;
  readonly name: string;
  readonly state: ClassState;
  readonly truthPixels: number;
  readonly predictedPixels: number;
  readonly iou: number;
  readonly dice: number;
  readonly precision: number;
  readonly recall: number;
}

export interface ScoreTable {
  readonly classes: readonly ClassScores[];
  readonly absentRule: AbsentRule;
  /** Names of the classes in neither map. */
  readonly absent: readonly string[];
  readonly counted: number;
  readonly correct: number;
  readonly ignored: number;
  readonly truthOutOfRange: number;
  readonly predictionOutOfRange: number;
  readonly predictionOutOfRangeRule: OutOfRangeRule;
  readonly pixelAccuracy: number;
  readonly meanPixelAccuracy: number;
  readonly meanIou: number;
  readonly meanDice: number;
  readonly frequencyWeightedIou: number;
  readonly microIou: number;
  readonly microDice: number;
  readonly kappa: number;
  /** Sentences on what the numbers leave out; empty when every pixel and class took part. */
  readonly notes: readonly string[];
}

export interface ScoreTableOptions {
  /** One name per class; the index stands in for a missing list. */
  classNames?: readonly string[];
  /** Rule for means over classes, `skip` unless given. */
  absent?: AbsentRule;
}

const absentText: Record<AbsentRule, string> = {
  skip: "left out of the means",
  zero: "counted as 0 in the means",
  one: "counted as 1 in the means",
  poison: "making the means undefined",
  "present-in-truth": "left out of the means, like every class without true pixels",
};

const outOfRangeText: Record<OutOfRangeRule, string> = { error: "counted as errors", drop: "left out" };

function stateOf(matrix: ConfusionMatrix, index: number, truthPixels: number, predictedPixels: number): ClassState {
  if (index === matrix.ignoreIndex) return "ignored";
  if (truthPixels > 0) return "counted";
  return predictedPixels > 0 ? "predicted-only" : "absent";
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function notesOn(table: Omit<ScoreTable, "notes">, matrix: ConfusionMatrix): string[] {
  const notes: string[] = [];
  if (table.absent.length > 0) {
    notes.push(
      `${table.absent.length} of the ${table.classes.length} classes in neither truth nor prediction, ` +
        `${absentText[table.absentRule]}: ${table.absent.join(", ")}`,
    );
  }
  if (table.ignored > 0) notes.push(`${plural(table.ignored, "pixel")} ignored (truth ${matrix.ignoreIndex})`);
  if (table.truthOutOfRange > 0)
    notes.push(`${plural(table.truthOutOfRange, "pixel")} with a truth that is no class, left out; check the masks`);
  if (table.predictionOutOfRange > 0) {
    const rule = outOfRangeText[table.predictionOutOfRangeRule];
    notes.push(`${plural(table.predictionOutOfRange, "pixel")} with a prediction that is no class, ${rule}`);
  }
  if (table.counted === 0) notes.push("no pixel was counted, so no score is defined");
  return notes;
}

/**
 * All scores of a matrix.
 *
 * Undefined scores are NaN (`null` once written as JSON).
 *
 * @throws UsageError when the number of class names differs from the number of classes.
 */
export function scoreTable(matrix: ConfusionMatrix, options: ScoreTableOptions = {}): ScoreTable {
  const { absent: absentRule = "skip", classNames } = options;
  if (classNames && classNames.length !== matrix.numClasses)
    throw new UsageError({
      found: `${classNames.length} class names`,
      expected: `${matrix.numClasses}, one per class`,
    });
  const [rows, cols] = [matrix.truthCounts(), matrix.predictionCounts()];
  const [iou, dice] = [classIou(matrix), classDice(matrix)];
  const [precision, recall] = [classPrecision(matrix), classRecall(matrix)];
  const classes = Array.from({ length: matrix.numClasses }, (_, index): ClassScores => {
    const [truthPixels, predictedPixels] = [rows[index]!, cols[index]!];
    return {
      index,
      name: classNames?.[index] ?? String(index),
      state: stateOf(matrix, index, truthPixels, predictedPixels),
      truthPixels,
      predictedPixels,
      iou: iou[index]!,
      dice: dice[index]!,
      precision: precision[index]!,
      recall: recall[index]!,
    };
  });
  const table = {
    classes,
    absentRule,
    absent: classes.filter(({ state }) => state === "absent").map(({ name }) => name),
    counted: countedPixels(matrix),
    correct: correctPixels(matrix),
    ignored: matrix.ignored,
    truthOutOfRange: matrix.truthOutOfRange,
    predictionOutOfRange: matrix.outOfRangePredictions(),
    predictionOutOfRangeRule: matrix.predictionOutOfRange,
    pixelAccuracy: pixelAccuracy(matrix),
    meanPixelAccuracy: meanPixelAccuracy(matrix, absentRule),
    meanIou: meanIou(matrix, absentRule),
    meanDice: meanDice(matrix, absentRule),
    frequencyWeightedIou: frequencyWeightedIou(matrix),
    microIou: microIou(matrix),
    microDice: microDice(matrix),
    kappa: kappa(matrix),
  };
  return { ...table, notes: notesOn(table, matrix) };
}

const format = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(4));

/** The table as text: one line a class, then the averages, then the notes. Undefined scores are shown as `-`. */
export function formatScoreTable(table: ScoreTable): string {
  const lines = [["class", "iou", "dice", "precision", "recall", "pixels"]];
  for (const { name, state, truthPixels, ...scores } of table.classes) {
    const shown = [scores.iou, scores.dice, scores.precision, scores.recall].map(format);
    lines.push([name, ...shown, state === "counted" ? String(truthPixels) : `${truthPixels} (${state})`]);
  }
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!);
  const averages = [
    ["PA", table.pixelAccuracy],
    ["MPA", table.meanPixelAccuracy],
    ["mIoU", table.meanIou],
    ["FWIoU", table.frequencyWeightedIou],
    ["mDice", table.meanDice],
    ["micro IoU", table.microIou],
    ["kappa", table.kappa],
  ] as const;
  return [
    ...lines.map((cells) => cells.map(pad).join("  ")),
    "",
    averages.map(([name, value]) => `${name} ${format(value)}`).join("  "),
    ...table.notes.map((note) => `note: ${note}`),
  ].join("\n");
}
