/** @file Writes what a run reports into its folder: metrics.jsonl and TensorBoard events. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TrainingEvent } from "./progress.js";
import type { PseudoScores } from "./pseudo-record.js";
import { MetricsLog } from "./record/metrics-log.js";
import { TensorboardWriter } from "./record/tensorboard.js";

export const metricsFile = (runDir: string): string => join(runDir, "metrics.jsonl");

/** Pseudo-labels as fields of a line: shares of all pixels, then of each class. */
function pseudoFields(scores: PseudoScores | undefined): {
  [field: string]: number | null | readonly (number | null)[];
} {
  if (!scores) return {};
  const { share, accuracy, classShare, classConfidence, classAccuracy } = scores;
  return {
    pseudoShare: share,
    pseudoAccuracy: accuracy,
    pseudoClassShare: classShare,
    pseudoClassConfidence: classConfidence,
    pseudoClassAccuracy: classAccuracy,
  };
}

/**
 * Passes events on and records them on the way. A run that goes on at a step drops what was recorded after it, since it
 * will be recorded again. What was recorded is on the disk before the next checkpoint is, so that after a power cut no
 * checkpoint is ahead of its metrics.
 */
export async function* recorded(
  runDir: string,
  step: number,
  events: AsyncIterable<TrainingEvent>,
): AsyncGenerator<TrainingEvent, void, void> {
  const resumed = existsSync(metricsFile(runDir)) ? { resumeAt: step } : {};
  const log = new MetricsLog(metricsFile(runDir), resumed);
  const board = new TensorboardWriter(runDir, resumed);
  try {
    for await (const event of events) {
      if (event.kind === "record") {
        const { step: at, epoch, loss, learningRate, pseudo, seconds } = event;
        log.append({ step: at, split: "train", epoch, loss, learningRate, ...pseudoFields(pseudo), seconds });
        const shares = Object.entries({ share: pseudo?.share, accuracy: pseudo?.accuracy });
        const known = shares.flatMap(([name, value]) => (value == null ? [] : [[`pseudo-labels/${name}`, value]]));
        board.scalars(at, { "loss/train": loss, "learning rate": learningRate, ...Object.fromEntries(known) });
      } else if (event.kind === "validation") {
        const { step: at, epoch, scores, best, seconds } = event;
        log.append({ step: at, split: "val", epoch, ...scores, best, seconds });
        const known = Object.entries(scores).filter((entry): entry is [string, number] => entry[1] !== null);
        board.scalars(at, Object.fromEntries(known.map(([name, value]) => [`val/${name}`, value])));
      }
      if (event.kind === "record" || event.kind === "validation") {
        log.sync();
        board.sync();
      }
      yield event;
    }
  } finally {
    log.close();
    board.close();
  }
}
