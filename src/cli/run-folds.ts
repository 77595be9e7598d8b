/** @file What `segkit train --folds` was asked for: the runs of all folds, and their scores as a table. */
import { DataError, FileError } from "../errors/index.js";
import { type FoldScores, type FoldSet, isFoldSet } from "../train/fold-set.js";
import { type TrainFoldsEvent, trainFolds } from "../verbs/train-folds.js";
import { stopOnSignals } from "./finish-run.js";
import { note, print } from "./output.js";
import { type Progress, progress } from "./progress.js";
import type { TrainArguments } from "./run-train.js";
import { table } from "./table.js";
import { trainSettings } from "./train-settings.js";
import { TrainTerminal } from "./train-terminal.js";

/** The options of `segkit train` where it is about folds. */
export interface FoldsArguments extends TrainArguments {
  readonly folds?: number;
}

/** Whether the arguments ask for all folds, or to go on with them. */
export const asksForFolds = ({ folds, resume }: FoldsArguments): boolean =>
  folds !== undefined || (resume !== undefined && isFoldSet(resume));

const columns: readonly (readonly [name: keyof FoldScores, heading: string])[] = [
  ["meanIou", "mIoU"],
  ["pixelAccuracy", "PA"],
  ["meanPixelAccuracy", "MPA"],
  ["frequencyWeightedIou", "FWIoU"],
  ["meanDice", "Dice"],
];

/** Scores of each fold, their mean and spread, and those of all pixels together. */
function foldsText({ folds, summary }: FoldSet): string {
  const row = (name: string, images: string, scores: FoldScores): string[] => [
    name,
    images,
    ...columns.map(([key]) => scores[key]?.toFixed(4) ?? "-"),
  ];
  const { mean, spread, pooled } = summary!;
  const images = folds.reduce((sum, fold) => sum + fold.images, 0);
  const rows = [
    ...folds.map((fold) => row(String(fold.fold), String(fold.images), fold.scores)),
    row("mean", "", mean),
    row("spread", "", spread),
    row("pooled", String(images), pooled.scores),
  ];
  return table(["fold", "images", ...columns.map(([, heading]) => heading)], rows, { right: [1, 2, 3, 4, 5, 6] });
}

/** Shows the events of all folds. */
class FoldsTerminal {
  private readonly run = new TrainTerminal();
  private bar: Progress | undefined;

  show(event: TrainFoldsEvent): void {
    if (event.kind === "fold") note(`fold ${event.fold} of ${event.count}: ${event.runDir}`);
    else if (event.kind === "training") {
      // The data are the same in all folds, and so is what is wrong with them.
      if (event.event.kind !== "checked" || event.fold === 1) this.run.show(event.event);
    } else if (event.kind === "scoring" && event.event.kind === "evaluating") {
      this.bar ??= progress("evaluating", event.event.total);
      this.bar.update(event.event.done);
    } else if (event.kind === "scored") {
      this.closeBar();
      const { fold, images, scores } = event;
      note(`fold ${fold}: mIoU ${scores.meanIou?.toFixed(4) ?? "-"} on its ${images} images`);
    }
  }

  close(): void {
    this.run.close();
    this.closeBar();
  }

  private closeBar(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** Trains all folds as asked and reports on the terminal. @throws SegkitError */
export async function runFolds(given: FoldsArguments): Promise<void> {
  const { config, set, doctor, json = false, resume, folds, ...named } = given;
  const settings = trainSettings(named, { ...(config === undefined ? {} : { config }), ...(set ? { set } : {}) });
  const { signal } = stopOnSignals();
  const runDir = (resume ?? settings.run)!;
  const where =
    resume === undefined ? { folds: folds!, doctor } : { resume, ...(folds === undefined ? {} : { folds }) };
  const terminal = new FoldsTerminal();
  let begun = false;
  let end: Extract<TrainFoldsEvent, { kind: "end" }> | undefined;
  try {
    for await (const event of trainFolds({ ...settings, ...where, signal })) {
      if (json) print(JSON.stringify(event));
      else terminal.show(event);
      if (event.kind === "training" && event.event.kind === "planned") begun = true;
      if (event.kind === "end") end = event;
    }
  } catch (error) {
    if (begun && (error instanceof FileError || error instanceof DataError))
      note(`the folds are safe; once the cause is mended, go on with: segkit train --resume ${runDir}`);
    throw error;
  } finally {
    terminal.close();
  }
  if (end?.reason !== "finished") {
    note(`saved; go on with: segkit train --resume ${runDir}`);
    return;
  }
  if (!json) print(foldsText(end.set));
  note(`report: ${end.file}; segkit predict ${runDir} and segkit eval ${runDir} average the folds`);
}
