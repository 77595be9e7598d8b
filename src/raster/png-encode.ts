/** @file PNG writer for what general image libraries cannot write exactly: chosen palette indices, 16-bit values, grey kept grey. */
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { pngSignature } from "./png-decode.js";

const deflateAsync = promisify(deflate);

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = crcTable[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}

function chunk(kind: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(kind, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/** The bytes of the rows, big-endian where a sample has two. */
function toBytes(data: Uint8Array | Uint16Array): Uint8Array {
  if (data instanceof Uint8Array) return data;
  const out = new Uint8Array(data.length * 2);
  for (let i = 0; i < data.length; i++) {
    out[2 * i] = data[i]! >> 8;
    out[2 * i + 1] = data[i]! & 255;
  }
  return out;
}

/** The predictors Sub, Up and Paeth of the specification, by their filter number. */
const predictors: readonly (readonly [
  filter: number,
  predict: (left: number, up: number, corner: number) => number,
])[] = [
  [1, (left) => left],
  [2, (_, up) => up],
  [
    4,
    (left, up, corner) => {
      const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    },
  ],
];

/** Each row by the predictor that leaves the smallest sum of absolute rests, the specification's rule of thumb. */
function filterRows(bytes: Uint8Array, rows: number, rowBytes: number, pixelBytes: number): Uint8Array {
  const out = new Uint8Array(rows * (rowBytes + 1));
  for (let row = 0; row < rows; row++) {
    const at = row * rowBytes;
    let smallest = Number.POSITIVE_INFINITY;
    for (const [filter, predict] of predictors) {
      const rest = new Uint8Array(rowBytes);
      let sum = 0;
      for (let i = 0; i < rowBytes; i++) {
        const left = i >= pixelBytes ? bytes[at + i - pixelBytes]! : 0;
        const up = row > 0 ? bytes[at + i - rowBytes]! : 0;
        const corner = i >= pixelBytes && row > 0 ? bytes[at + i - rowBytes - pixelBytes]! : 0;
        rest[i] = bytes[at + i]! - predict(left, up, corner);
        sum += rest[i]! < 128 ? rest[i]! : 256 - rest[i]!;
      }
      if (sum >= smallest) continue;
      smallest = sum;
      out[row * (rowBytes + 1)] = filter;
      out.set(rest, row * (rowBytes + 1) + 1);
    }
  }
  return out;
}

/** Rows with filter 0: prediction makes index images larger, not smaller. */
function plainRows(bytes: Uint8Array, rows: number, rowBytes: number): Uint8Array {
  const out = new Uint8Array(rows * (rowBytes + 1));
  for (let row = 0; row < rows; row++)
    out.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), row * (rowBytes + 1) + 1);
  return out;
}

/** Pixels to be written: samples of 8 or 16 bit, HWC. */
export interface PngPixels {
  readonly data: Uint8Array | Uint16Array;
  readonly height: number;
  readonly width: number;
  /** 1 grey (or palette index), 2 grey and opacity, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Colours `[r, g, b, ...]`: makes the one 8-bit channel an index. */
  readonly palette?: Uint8Array;
}

/** The bytes of a PNG file with exactly these samples. */
export async function encodePng({ data, height, width, channels, palette }: PngPixels): Promise<Uint8Array> {
  const bytes = toBytes(data);
  const sampleBytes = data.BYTES_PER_ELEMENT;
  const rowBytes = width * channels * sampleBytes;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8 * sampleBytes;
  header[9] = palette ? 3 : [0, 4, 2, 6][channels - 1]!;
  const rows = palette
    ? plainRows(bytes, height, rowBytes)
    : filterRows(bytes, height, rowBytes, channels * sampleBytes);
  return Buffer.concat([
    pngSignature,
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", palette)] : []),
    chunk("IDAT", await deflateAsync(rows, { level: 6 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}
