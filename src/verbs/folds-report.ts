/** @file report.html of a set of folds: scores with their spread, curves of all folds, the pooled confusion matrix. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ConfusionMatrix, scoreTable } from "../metrics/index.js";
import { type FoldScores, type FoldSet, foldRun } from "../train/fold-set.js";
import { readPlan } from "../train/plan.js";
import { readMetrics } from "../train/record/metrics-log.js";
import { type ReportChart, type ReportFact, writeReport } from "../train/record/report.js";
import { metricsFile } from "../train/recording.js";
import { choicesOf, line } from "./run-report.js";

const percent = (share: number | null): string => (share === null ? "-" : `${(100 * share).toFixed(2)} %`);

/** Labels of the scores that are shown. */
const shown: readonly (readonly [name: keyof FoldScores, label: string])[] = [
  ["meanIou", "mIoU"],
  ["pixelAccuracy", "PA"],
  ["meanPixelAccuracy", "MPA"],
  ["frequencyWeightedIou", "FWIoU"],
  ["meanDice", "Dice"],
];

function factsOf({ folds, summary }: FoldSet): ReportFact[] {
  const { mean, spread, pooled } = summary!;
  const images = folds.reduce((sum, fold) => sum + fold.images, 0);
  return [
    ...shown.map(([name, label]) => ({
      label: `${label}, mean of folds`,
      value: percent(mean[name]),
      note: `standard deviation ${percent(spread[name])}`,
    })),
    { label: "mIoU of all pixels", value: percent(pooled.scores.meanIou), note: `${images} images, each out of fold` },
    ...folds.map(({ fold, scores, step, images: own }) => ({
      label: `mIoU of fold ${fold}`,
      value: percent(scores.meanIou),
      note: `${own} images, step ${step}`,
    })),
  ];
}

/** A field of the metrics of all folds. */
function chartOf(runDir: string, { count }: FoldSet, title: string, split: string, field: string): ReportChart {
  const lines = Array.from({ length: count }, (_, i) => {
    const file = metricsFile(join(runDir, foldRun(i + 1)));
    return line(`fold ${i + 1}`, existsSync(file) ? readMetrics(file) : [], split, field);
  });
  return { title, xLabel: "step", lines };
}

/** Writes the report of a set whose folds are all scored; gives its path. @throws FileError */
export function writeFoldsReport(runDir: string, set: FoldSet): string {
  const plan = readPlan(join(runDir, foldRun(1)));
  const pooled = ConfusionMatrix.fromJSON(set.summary!.pooled.confusion);
  const { classes } = scoreTable(pooled, { classNames: plan.data.classes.map(({ name }) => name) });
  const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
  const charts = [
    chartOf(runDir, set, "Validation mIoU", "val", "mIoU"),
    chartOf(runDir, set, "Training loss", "train", "loss"),
  ];
  const file = join(runDir, "report.html");
  writeReport(file, {
    title: basename(resolve(runDir)),
    subtitle: `${plan.model.value} on ${plan.data.name}, ${set.count} folds, ${plan.data.classes.length} classes; classes and confusion of all folds together, the plan of the first`,
    facts: factsOf(set),
    charts: charts.filter(({ lines }) => lines.some(({ points }) => points.length > 0)),
    classes: classes.map(({ name, iou, precision, recall, truthPixels }, i) => ({
      name,
      colour: plan.data.classes[i]!.colour,
      iou: known(iou),
      precision: known(precision),
      recall: known(recall),
      pixels: truthPixels,
    })),
    confusion: pooled.rows(true),
    worst: [],
    best: [],
    choices: choicesOf(plan),
  });
  return file;
}
