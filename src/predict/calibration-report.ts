/** @file What a report shows of confidences: reliability, coverage against accuracy, and their scores. */
import type { CalibrationScores } from "../metrics/index.js";
import type { ReportCalibration, ReportChart, ReportLine } from "../train/record/report.js";
import type { RunCalibration } from "./calibration.js";
import { type Temperatures, temperatureText } from "./temperature-text.js";

/** Share of the pixels that a bin must hold to be drawn; the accuracy of a handful is noise. */
const leastShare = 1e-4;

const percent = (share: number): number => 100 * share;

function reliabilityLine(name: string, { bins, pixels }: CalibrationScores): ReportLine {
  const shown = bins.filter(({ count }) => count > 0 && count >= leastShare * pixels);
  return { name, points: shown.map(({ confidence, accuracy }) => [percent(confidence), percent(accuracy)]) };
}

type Named = readonly [name: string, scores: CalibrationScores];

/** Accuracy by confidence; on the diagonal confidences are what they say. */
const reliability = (all: readonly Named[]): ReportChart => ({
  title: "Reliability: accuracy in % by confidence",
  xLabel: "confidence %",
  lines: [
    ...all.map(([name, scores]) => reliabilityLine(name, scores)),
    {
      name: "perfect",
      points: [
        [0, 0],
        [100, 100],
      ],
    },
  ],
});

/** Accuracy of the pixels that are left when the less confident ones are refused. */
const coverage = ([, scores]: Named): ReportChart => ({
  title: "Accuracy in % of the most confident pixels",
  xLabel: "pixels kept %",
  lines: [
    {
      name: "accuracy",
      points: [...scores.coverage]
        .reverse()
        .filter(({ coverage }) => coverage > 0)
        .map((point) => [percent(point.coverage), percent(point.accuracy)]),
    },
  ],
});

const rows: readonly (readonly [name: string, of: (scores: CalibrationScores) => number])[] = [
  ["ECE (expected calibration error)", ({ ece }) => ece],
  ["MCE (maximum of a bin)", ({ mce }) => mce],
  ["ECE of classes", ({ classwiseEce }) => classwiseEce],
  ["NLL (nats)", ({ nll }) => nll],
  ["Brier score", ({ brier }) => brier],
  ["mean confidence", ({ meanConfidence }) => meanConfidence],
  ["pixel accuracy", ({ accuracy }) => accuracy],
];

const section = (lead: string, all: readonly Named[]): ReportCalibration => ({
  lead,
  columns: all.map(([name]) => name),
  scores: rows.map(([name, of]) => ({
    name,
    values: all.map(([, scores]) => (Number.isFinite(of(scores)) ? of(scores) : null)),
  })),
  charts: [reliability(all), coverage(all.at(-1)!)],
});

/** The section of a run's report: before and after the temperature. */
export function calibrationOfRun({ temperature, before, after, images, split }: RunCalibration): ReportCalibration {
  const lead =
    `Temperature ${temperature.toFixed(3)}, fitted to ${after.pixels.toLocaleString("en-US")} labelled pixels of ${images} images of ` +
    `split ${split}: logits are divided by it before they become probabilities, which changes no mask. Below the diagonal ` +
    "confidences promise too much, above it too little.";
  return section(lead, [
    ["as trained", before],
    ["calibrated", after],
  ]);
}

/** The section of an evaluation's report. */
export function calibrationOfEvaluation(scores: CalibrationScores, model: Temperatures): ReportCalibration {
  const lead = `The confidences of this model (${temperatureText(model)}). Below the diagonal they promise too much, above it too little.`;
  return section(lead, [["this split", scores]]);
}
