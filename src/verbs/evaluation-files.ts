/** @file The folder of an evaluation: masks and overlays while it goes, `scores.json` and `report.html` at its end. */
import { basename, join } from "node:path";
import type { BundleInfo } from "../predict/bundle.js";
import { calibrationOfEvaluation } from "../predict/calibration-report.js";
import type { EvaluatedImage, EvaluationResult } from "../predict/evaluate.js";
import { Extremes, reportParts } from "../predict/evaluation-report.js";
import { ResultWriter } from "../predict/result-writer.js";
import { type ReportFact, writeReport } from "../train/record/report.js";
import { writeFileAtomic } from "../util/files.js";
import type { EvaluationReport } from "./evaluation-json.js";

const percent = (share: number): string => (Number.isNaN(share) ? "-" : `${(100 * share).toFixed(2)} %`);

function factsOf({ scores, perImage, images, boundary, calibration, unknown }: EvaluationReport): ReportFact[] {
  return [
    { label: "mIoU", value: percent(scores.meanIou), note: "mean over classes" },
    { label: "PA", value: percent(scores.pixelAccuracy), note: `${scores.counted.toLocaleString("en-US")} pixels` },
    { label: "MPA", value: percent(scores.meanPixelAccuracy) },
    { label: "FWIoU", value: percent(scores.frequencyWeightedIou) },
    { label: "Dice", value: percent(scores.meanDice) },
    { label: "mIoU per image", value: percent(perImage.meanIou), note: `${images.length} images` },
    ...(boundary ? [{ label: "boundary IoU", value: percent(boundary.meanIou) }] : []),
    { label: "ECE", value: percent(calibration.ece), note: "expected calibration error" },
    ...(unknown
      ? [
          {
            label: `mIoU from ${unknown.below} on`,
            value: percent(unknown.meanIou),
            note: `${percent(unknown.coverage)} of the pixels`,
          },
        ]
      : []),
  ];
}

export class EvaluationFiles {
  private readonly writer: ResultWriter;
  private readonly extremes: Extremes;

  /** @throws FileError when the folder cannot be written to. */
  constructor(
    private readonly out: string,
    private readonly info: BundleInfo,
    overlays: boolean,
  ) {
    const folders = { masks: join(out, "masks"), ...(overlays ? { overlays: join(out, "overlays") } : {}) };
    this.writer = new ResultWriter(folders, info);
    this.writer.writeClasses(out);
    this.extremes = new Extremes(info);
  }

  /** Writes the mask (and overlay) of one image. @throws FileError */
  async add(image: EvaluatedImage): Promise<void> {
    await this.writer.write({ name: image.sample.id, image: image.image, mask: image.prediction });
    await this.extremes.add(image);
  }

  /** Writes `scores.json` and `report.html`. @throws FileError */
  finish(report: EvaluationReport, result: EvaluationResult): void {
    writeFileAtomic(join(this.out, "scores.json"), `${JSON.stringify(report, null, 2)}\n`);
    const size = report.size ? `, compared at ${report.size.join("x")}` : "";
    writeReport(join(this.out, "report.html"), {
      title: `${this.info.name} on ${basename(report.data)}`,
      subtitle: [`Model ${report.model}, split ${report.split}${size}`, ...report.notes].join(". "),
      facts: factsOf(report),
      charts: [],
      choices: [],
      calibration: calibrationOfEvaluation(result.calibration, report),
      ...reportParts(result, this.info, this.extremes),
    });
  }
}
