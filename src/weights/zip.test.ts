/** @file ZIP files by hand: what torch's own do not have (ZIP64 fields, packed entries), and lists that lie. */
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors/index.js";
import { sourceOfBytes } from "./bytes.js";
import { ZipFile } from "./zip.js";

const hello = Buffer.from("hello, hello, hello");

interface Entry {
  readonly method?: number;
  readonly packed?: Uint8Array;
  readonly length?: number;
  /** Whether lengths and place stand in the ZIP64 field. */
  readonly wide?: boolean;
}

const numbers = (...fields: readonly (readonly [size: 2 | 4 | 8, value: number])[]): Buffer =>
  Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(value));
      return bytes.subarray(0, size);
    }),
  );

/** A ZIP file of one entry `a/data.pkl` behind some bytes of something else. */
function zipOf({ method = 0, packed = hello, length = hello.length, wide = false }: Entry): Uint8Array {
  const name = Buffer.from("a/data.pkl");
  const before = Buffer.from("something else");
  const [ours, unpacked, place] = wide ? [0xffffffff, 0xffffffff, 0xffffffff] : [packed.length, length, before.length];
  const sizes = [
    [4, 0],
    [4, ours],
    [4, unpacked],
    [2, name.length],
  ] as const; // checksum, lengths, name
  const local = numbers([4, 0x04034b50], [2, 45], [2, 0], [2, method], [4, 0], ...sizes, [2, 3]);
  const extra = wide
    ? numbers([2, 9], [2, 1], [2, 1], [2, 24], [8, length], [8, packed.length], [8, before.length])
    : Buffer.alloc(0);
  // A field that is not ours stands before the one that is: 9, of one byte.
  const field = wide ? Buffer.concat([extra.subarray(0, 4), Buffer.from([7]), extra.subarray(4)]) : extra;
  if (wide) field.writeUInt16LE(1, 5);
  const list = Buffer.concat([
    numbers([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, method], [4, 0], ...sizes),
    numbers([2, field.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, place]),
    name,
    field,
  ]);
  const body = Buffer.concat([before, local, name, Buffer.alloc(3), packed]);
  const end64 = wide
    ? Buffer.concat([
        numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, 1], [8, 1], [8, list.length]),
        numbers([8, body.length]),
        numbers([4, 0x07064b50], [4, 0], [8, body.length + list.length], [4, 1]),
      ])
    : Buffer.alloc(0);
  const [count, size, start] = wide ? [0xffff, 0xffffffff, 0xffffffff] : [1, list.length, body.length];
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, start], [2, 7]);
  return Buffer.concat([body, list, end64, end, Buffer.from("comment")]);
}

const contentOf = (bytes: Uint8Array): string => {
  const zip = new ZipFile(sourceOfBytes(bytes), "w.pth");
  expect([...zip.entries.keys()]).toEqual(["a/data.pkl"]);
  return Buffer.from(zip.content(zip.entries.get("a/data.pkl")!)).toString();
};

describe("ZipFile", () => {
  it("reads an entry that is stored, with a comment behind the list", () => {
    expect(contentOf(zipOf({}))).toBe("hello, hello, hello");
  });

  it("reads lengths and places of 64 bits", () => {
    expect(contentOf(zipOf({ wide: true }))).toBe("hello, hello, hello");
  });

  it("unpacks an entry, but never to more than the list says", () => {
    const packed = deflateRawSync(hello);
    expect(contentOf(zipOf({ method: 8, packed }))).toBe("hello, hello, hello");
    expect(() => contentOf(zipOf({ method: 8, packed, length: 5 }))).toThrow(/cannot be unpacked/);
  });

  it("refuses other methods, and lengths beyond the file", () => {
    expect(() => contentOf(zipOf({ method: 12 }))).toThrow(/packed by method 12/);
    expect(() => contentOf(zipOf({ method: 8, packed: hello, length: 2 ** 31 }))).toThrow(/packed by method 8/);
    const lying = Buffer.from(zipOf({}));
    lying.writeUInt32LE(2 ** 30, lying.indexOf("comment") - 22 + 16);
    expect(() => contentOf(lying)).toThrow(CheckpointError);
    expect(() => contentOf(lying)).toThrow(/truncated\?/);
  });
});
