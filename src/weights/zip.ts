/**
 * @file The ZIP container, read: the list of entries at the file's end and the bytes of one entry, which for weights are stored
 * as they are. Entries of any place and length (ZIP64) are read without the rest of the file.
 *
 * Own code, because a checkpoint needs four records of the format, less than the glue around a library would be. Checksums of
 * entries are not looked at, as torch may write files without them; runs record the SHA-256 of the whole file instead.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3 and 4.5.
 */
import { inflateRawSync } from "node:zlib";
import { CheckpointError } from "../errors/index.js";
import type { ByteSource } from "./bytes.js";

export interface ZipEntry {
  readonly name: string;
  /** Bytes in the file, and when unpacked. */
  readonly packed: number;
  readonly length: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Place of the entry's own header. */
  readonly place: number;
}

const [endMark, end64LocatorMark, end64Mark, entryMark, localMark] = [
  0x06054b50, 0x07064b50, 0x06064b50, 0x02014b50, 0x04034b50,
];
/** The end record may be followed by a comment of up to 64 KiB. */
const longestTail = 22 + 0xffff;
/** In 32 bits: the true value stands in the ZIP64 field. */
const elsewhere = 0xffffffff;
/** What is packed may unpack to a thousand times its length; checkpoints are not packed, so this is generous. */
const longestUnpacked = 2 ** 28;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const long = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Reads the entries of a ZIP file by name. */
export class ZipFile {
  readonly entries: ReadonlyMap<string, ZipEntry>;

  /** @throws CheckpointError when the list of entries is missing or damaged. */
  constructor(
    private readonly source: ByteSource,
    private readonly file: string,
  ) {
    const { place, length, count } = this.findDirectory();
    this.entries = new Map(this.directory(this.read(place, length), count).map((entry) => [entry.name, entry]));
  }

  /** The content of an entry. @throws CheckpointError when it is damaged. */
  content({ name, packed, length, method, place }: ZipEntry): Uint8Array {
    const header = viewOf(this.read(place, 30));
    if (header.getUint32(0, true) !== localMark) throw this.broken(`${name} is not where the list of entries says`);
    // The lengths of name and extra field may differ from those in the list.
    const start = place + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    if (method === 0 && packed === length) return this.read(start, length);
    if (method !== 8 || length > longestUnpacked) throw this.broken(`${name} is packed by method ${method}`);
    try {
      return new Uint8Array(inflateRawSync(this.read(start, packed), { maxOutputLength: length }));
    } catch (error) {
      throw this.broken(`${name} cannot be unpacked (${(error as Error).message})`);
    }
  }

  private broken(found: string): CheckpointError {
    return new CheckpointError({
      found: `${this.file}: ${found}`,
      expected: "a complete ZIP file, as torch.save writes",
      next: "Use another copy of the file.",
    });
  }

  private read(place: number, length: number): Uint8Array {
    if (!(place >= 0 && place + length <= this.source.size))
      throw this.broken(`${length} bytes at ${place} of ${this.source.size} (truncated?)`);
    return this.source.read(place, length);
  }

  private findDirectory(): { place: number; length: number; count: number } {
    const tail = Math.min(this.source.size, longestTail);
    const from = this.source.size - tail;
    const view = viewOf(this.source.read(from, tail));
    let at = tail - 22;
    while (at >= 0 && view.getUint32(at, true) !== endMark) at--;
    if (at < 0) throw this.broken("it has no list of entries at its end (truncated?)");
    const end = { place: view.getUint32(at + 16, true), length: view.getUint32(at + 12, true) };
    if (at < 20 || view.getUint32(at - 20, true) !== end64LocatorMark)
      return { ...end, count: view.getUint16(at + 10, true) };
    const record = viewOf(this.read(long(view, at - 12), 56));
    if (record.getUint32(0, true) !== end64Mark) throw this.broken("its list of entries is not where the end says");
    return { place: long(record, 48), length: long(record, 40), count: long(record, 32) };
  }

  private directory(bytes: Uint8Array, count: number): ZipEntry[] {
    const view = viewOf(bytes);
    const entries: ZipEntry[] = [];
    for (let at = 0; entries.length < count; ) {
      if (at + 46 > bytes.length || view.getUint32(at, true) !== entryMark)
        throw this.broken(`its list of entries ends after ${entries.length} of ${count}`);
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
      const next = at + 46 + nameLength! + extraLength! + commentLength!;
      if (next > bytes.length) throw this.broken(`its list of entries ends after ${entries.length} of ${count}`);
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength!));
      const short = [24, 20, 42].map((o) => view.getUint32(at + o, true));
      const [length, packed, place] = wide(view, at + 46 + nameLength!, extraLength!, short);
      entries.push({ name, method: view.getUint16(at + 10, true), length: length!, packed: packed!, place: place! });
      at = next;
    }
    return entries;
  }
}

/** The values that 32 bits could not hold, from the extra field 1, where they stand one after the other. */
function wide(view: DataView, start: number, length: number, values: readonly number[]): number[] {
  for (let at = start; at + 4 <= start + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    return values.map((value) => {
      if (value !== elsewhere || next + 8 > start + length) return value;
      next += 8;
      return long(view, next - 8);
    });
  }
  return [...values];
}
