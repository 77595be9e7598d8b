/**
 * @file TensorBoard event files: scalars and PNG images, one file for each start of a run.
 *
 * Records are framed as TFRecord: length, masked CRC-32C of the length, message, masked CRC-32C of the message;
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../errors/index.js";
import { crc32c } from "../../util/crc32c.js";
import { writeError } from "../../util/files.js";
import { eventMessage, type SummaryValue, type TensorboardEvent } from "./event-schema.js";

/**
 * An event file of a run, open for appending.
 *
 * @example
 * const board = new TensorboardWriter("runs/a");
 * board.scalars(100, { "loss/train": 0.7, "loss/val": 0.8 });
 */
export class TensorboardWriter {
  /** Path of the file: `events.out.tfevents.<seconds>.<process>`; the names sort by time. */
  readonly file: string;
  private readonly handle: number;

  /**
   * Begins a new event file in the run folder.
   *
   * @param options.resumeAt steps of the checkpoint that the run goes on from; TensorBoard then drops what earlier files say
   *   about later steps
   * @throws FileError when the folder cannot be written to.
   */
  constructor(runDir: string, { resumeAt }: { readonly resumeAt?: number } = {}) {
    const seconds = String(Math.floor(now())).padStart(10, "0");
    this.file = join(runDir, `events.out.tfevents.${seconds}.${process.pid}`);
    try {
      mkdirSync(runDir, { recursive: true });
      this.handle = openSync(this.file, "a");
    } catch (error) {
      throw writeError(this.file, error);
    }
    this.write({ wallTime: now(), fileVersion: "brain.Event:2" });
    if (resumeAt !== undefined) this.write({ wallTime: now(), step: resumeAt + 1, sessionLog: { status: 1 } });
  }

  /** Writes numbers at a step; tags with a common part before `/` share a section in TensorBoard. */
  scalars(step: number, values: { readonly [tag: string]: number }): void {
    this.summary(
      step,
      Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue })),
    );
  }

  /**
   * Writes a picture at a step.
   *
   * @param png the bytes of a PNG file
   * @throws UsageError when they are not.
   */
  image(step: number, tag: string, png: Uint8Array): void {
    this.summary(step, [{ tag, image: { ...pngHeader(png), encodedImageString: png } }]);
  }

  /** Brings what was written to the disk. */
  sync(): void {
    fsyncSync(this.handle);
  }

  close(): void {
    closeSync(this.handle);
  }

  private summary(step: number, value: readonly SummaryValue[]): void {
    this.write({ wallTime: now(), step, summary: { value } });
  }

  private write(event: TensorboardEvent): void {
    const record = frameRecord(eventMessage.encode(event).finish());
    try {
      for (let at = 0; at < record.length; ) at += writeSync(this.handle, record, at);
    } catch (error) {
      throw writeError(this.file, error);
    }
  }
}

/** The bytes of a TFRecord around a message. */
function frameRecord(message: Uint8Array): Uint8Array {
  const record = Buffer.alloc(8 + 4 + message.length + 4);
  record.writeBigUInt64LE(BigInt(message.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(message, 12);
  record.writeUInt32LE(maskedCrc(message), 12 + message.length);
  return record;
}

/** CRC-32C, rotated right by 15 bits plus a constant, because the checksum of data that hold their own checksum is degenerate. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Channels of PNG's colour types; TensorBoard's colorspace is that number, and 3 for a palette. */
const colorspaces = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
]);

function pngHeader(png: Uint8Array): { height: number; width: number; colorspace: number } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const colorspace = png.length > 33 ? colorspaces.get(png[25]!) : undefined;
  if (colorspace === undefined || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452)
    throw new UsageError({ found: `an image of ${png.length} bytes that is no PNG`, expected: "a PNG file's bytes" });
  return { height: view.getUint32(20), width: view.getUint32(16), colorspace };
}

/** Seconds since 1970. */
const now = (): number => Date.now() / 1000;
