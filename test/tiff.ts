/** @file The smallest TIFF writer that tests need: little-endian, uncompressed, one strip a page, any tags. */

/** One page: samples HWC. */
export interface TiffPage {
  readonly data: Uint8Array | Uint16Array | Int16Array | Int32Array | Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** More tags as `[tag number, values]` (16-bit), or text. */
  readonly tags?: readonly (readonly [tag: number, value: readonly number[] | string])[];
}

const sampleFormat = (data: TiffPage["data"]) =>
  data instanceof Float32Array ? 3 : data instanceof Int16Array || data instanceof Int32Array ? 2 : 1;

/** The bytes of a TIFF of these pages. */
export function encodeTiff(...pages: readonly TiffPage[]): Uint8Array {
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])];
  let size = 8;
  const append = (bytes: Buffer) => {
    const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
    parts.push(padded);
    size += padded.length;
    return size - padded.length;
  };
  let link = (offset: number) => void parts[0]!.writeUInt32LE(offset, 4);
  for (const { data, height, width, channels, tags = [] } of pages) {
    const strip = append(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const each = (value: number) => Array<number>(channels).fill(value);
    const all = new Map<number, readonly number[] | string>([
      [256, [width]],
      [257, [height]],
      [258, each(8 * data.BYTES_PER_ELEMENT)],
      [259, [1]],
      [262, [1]],
      [277, [channels]],
      [278, [height]],
      [339, each(sampleFormat(data))],
      ...tags,
    ]);
    const entries = [...all, [273, strip] as const, [279, data.byteLength] as const]
      .sort(([a], [b]) => a - b)
      .map(([tag, value]) => {
        const entry = Buffer.alloc(12);
        entry.writeUInt16LE(tag, 0);
        if (typeof value === "number") {
          entry.writeUInt16LE(4, 2);
          entry.writeUInt32LE(1, 4);
          entry.writeUInt32LE(value, 8);
          return entry;
        }
        const body =
          typeof value === "string" ? Buffer.from(`${value}\0`) : Buffer.from(Uint16Array.from(value).buffer);
        entry.writeUInt16LE(typeof value === "string" ? 2 : 3, 2);
        entry.writeUInt32LE(typeof value === "string" ? body.length : value.length, 4);
        if (body.length <= 4) entry.set(body, 8);
        else entry.writeUInt32LE(append(body), 8);
        return entry;
      });
    const directory = Buffer.concat([Buffer.alloc(2), ...entries, Buffer.alloc(4)]);
    directory.writeUInt16LE(entries.length, 0);
    link(append(directory));
    // The directory was copied when appended (even length), so later links must go into the kept copy.
    const kept = parts[parts.length - 1]!;
    link = (offset) => void kept.writeUInt32LE(offset, directory.length - 4);
  }
  return Buffer.concat(parts);
}
