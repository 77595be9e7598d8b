/** @file TensorBoard event files, read back by a reader of the test's own and compared with bytes of the reference implementation. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileError, UsageError } from "../../errors/index.js";
import { crc32c } from "../../util/crc32c.js";
import { eventMessage, type TensorboardEvent } from "./event-schema.js";
import { TensorboardWriter } from "./tensorboard.js";

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), "segkit-board-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(run, { recursive: true, force: true });
});

/** Reads an event file, checking both checksums of each record. */
function read(file: string): TensorboardEvent[] {
  const bytes = readFileSync(file);
  const unmask = (masked: number): number => {
    const rotated = (masked - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const events: TensorboardEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const message = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c(bytes.subarray(at, at + 8)));
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c(message));
    events.push(eventMessage.toObject(eventMessage.decode(message), { longs: Number }) as TensorboardEvent);
    at += 16 + length;
  }
  return events;
}

/** Written by TensorBoard 2.21.0's RecordWriter from its own messages, with the values of the test below. */
const reference =
  "GAAAAAAAAACjf0siCQAAIED8VNlBGg1icmFpbi5FdmVudDoyKzUxEA8AAAAAAAAAbVMrCQkAACBA/FTZQRAVOgIIAZrpFhwrAAAAAAAAAIYbw0sJAAAgQPxU2UEQFioeChEKCmxvc3MvdHJhaW4VAABAPwoJCgJschUAAAAAsivnag==";

describe("TensorBoard event file", () => {
  it("equals, byte for byte, the file that TensorBoard's own writer makes of the same events", () => {
    vi.useFakeTimers({ now: 1_700_000_000_500 });
    const board = new TensorboardWriter(run, { resumeAt: 20 });
    board.scalars(22, { "loss/train": 0.75, lr: 0 });
    board.close();
    expect(readFileSync(board.file).toString("base64")).toBe(reference);
    expect(board.file).toBe(join(run, `events.out.tfevents.1700000000.${process.pid}`));
  });

  it("begins with the version and holds scalars by step", () => {
    const board = new TensorboardWriter(run);
    board.scalars(3, { "loss/train": 0.5, "loss/val": Number.NaN });
    board.scalars(2 ** 40, { lr: 0.25 });
    board.sync();
    board.close();
    const [version, first, second] = read(board.file);
    expect(version).toMatchObject({ fileVersion: "brain.Event:2" });
    expect(Math.abs(version!.wallTime - Date.now() / 1000)).toBeLessThan(3600);
    expect(first).toMatchObject({
      step: 3,
      summary: {
        value: [
          { tag: "loss/train", simpleValue: 0.5 },
          { tag: "loss/val", simpleValue: Number.NaN },
        ],
      },
    });
    expect(second).toMatchObject({ step: 2 ** 40, summary: { value: [{ tag: "lr", simpleValue: 0.25 }] } });
  });

  it("holds PNG images with their size and number of channels", async () => {
    const create = { width: 5, height: 3, background: "red" } as const;
    const rgb = await sharp({ create: { ...create, channels: 3 } })
      .png()
      .toBuffer();
    const palette = await sharp(rgb).png({ palette: true }).toBuffer();
    const rgba = await sharp({ create: { ...create, channels: 4 } })
      .png()
      .toBuffer();
    const grey = await sharp(rgb).toColourspace("b-w").png().toBuffer();
    const board = new TensorboardWriter(run);
    for (const png of [rgb, palette, rgba, grey]) board.image(7, "val/worst", png);
    board.close();
    const images = read(board.file)
      .slice(1)
      .map(({ summary }) => summary!.value[0]!.image!);
    expect(images.map(({ height, width, colorspace }) => [height, width, colorspace])).toEqual([
      [3, 5, 3],
      [3, 5, 3],
      [3, 5, 4],
      [3, 5, 1],
    ]);
    expect(Buffer.from(images[0]!.encodedImageString)).toEqual(rgb);
  });

  it("of a resumed run tells TensorBoard to drop what came after the checkpoint", () => {
    const board = new TensorboardWriter(run, { resumeAt: 20 });
    board.close();
    expect(read(board.file)[1]).toMatchObject({ step: 21, sessionLog: { status: 1 } });
  });

  it("refuses an image that is no PNG", () => {
    const board = new TensorboardWriter(run);
    expect(() => board.image(1, "a", new Uint8Array(100))).toThrow(UsageError);
    expect(() => board.image(1, "a", new Uint8Array(3))).toThrow(UsageError);
    board.close();
  });

  it("cannot be written where a file stands in place of the folder", () => {
    const board = new TensorboardWriter(run);
    board.close();
    expect(() => new TensorboardWriter(board.file)).toThrow(FileError);
  });
});
