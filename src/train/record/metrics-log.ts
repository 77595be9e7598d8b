/**
 * @file metrics.jsonl: one JSON object a line, appended while training, cut back to the checkpoint when a run goes on.
 *
 * A run that was killed and resumed writes the lines that it would have written without the interruption; only fields that
 * hold clock times differ.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { CheckpointError } from "../../errors/index.js";
import { writeError, writeFileAtomic } from "../../util/files.js";

/** One line: the optimizer steps done when it was written, and any numbers and texts. */
export interface MetricsRecord {
  /** Optimizer steps done, from 0 on. */
  readonly step: number;
  /** NaN and infinities become null, as JSON has no names for them. */
  readonly [field: string]: number | string | boolean | null | readonly (number | null)[];
}

/**
 * The metrics of a run, open for appending.
 *
 * @example
 * const log = new MetricsLog("runs/a/metrics.jsonl");
 * log.append({ step: 1, split: "train", loss: 2.31, learningRate: 0.01 });
 */
export class MetricsLog {
  private readonly file: string;
  private readonly handle: number;

  /**
   * Opens the file: empty for a run that begins, cut back for one that goes on.
   *
   * @param options.resumeAt steps of the checkpoint the run goes on from; lines of later steps are dropped, as they will be
   *   written again
   * @throws FileError when the file cannot be written to.
   * @throws CheckpointError when a line other than the last is no record.
   */
  constructor(file: string, { resumeAt }: { readonly resumeAt?: number } = {}) {
    this.file = file;
    const records = resumeAt !== undefined && existsSync(file) ? readMetrics(file) : [];
    const kept = records.filter((record) => record.step <= resumeAt!);
    writeFileAtomic(file, kept.map(line).join(""));
    try {
      this.handle = openSync(file, "a");
    } catch (error) {
      throw writeError(file, error);
    }
  }

  /**
   * Appends one line; after a kill the operating system still has it.
   *
   * @throws FileError when the disk is full.
   */
  append(record: MetricsRecord): void {
    const bytes = Buffer.from(line(record));
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.handle, bytes, at);
    } catch (error) {
      throw writeError(this.file, error);
    }
  }

  /** Brings all lines to the disk: to be called before a checkpoint is saved, which must not be ahead of its metrics after a power cut. */
  sync(): void {
    try {
      fsyncSync(this.handle);
    } catch (error) {
      throw writeError(this.file, error);
    }
  }

  close(): void {
    closeSync(this.handle);
  }
}

/**
 * The records of a metrics file. A last line that a kill cut off is left out.
 *
 * @throws CheckpointError when another line is no record, naming it.
 */
export function readMetrics(file: string): MetricsRecord[] {
  const lines = readFileSync(file, "utf8").split("\n");
  // What follows the last line break is empty, or the beginning of a line that was never finished.
  return lines.slice(0, -1).map((text, index) => {
    try {
      const record = JSON.parse(text) as MetricsRecord;
      if (Number.isSafeInteger(record.step)) return record;
    } catch {
      // Reported below, like valid JSON without a step.
    }
    throw new CheckpointError({
      found: `line ${index + 1} of ${file} is ${text.length > 60 ? `${text.slice(0, 60)}...` : text || "empty"}`,
      expected: 'a JSON object with a whole number "step"',
      next: "Repair or delete that line.",
    });
  });
}

const line = (record: MetricsRecord): string => `${JSON.stringify(record)}\n`;
